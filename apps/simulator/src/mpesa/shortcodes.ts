import type { Database } from "../store/database.ts";
import { flag, text, word } from "../store/rows.ts";
import type { Row } from "../store/rows.ts";

/** An organisation's number: a PayBill or a till. */
export type Shortcode = {
  readonly shortcode: string;
  readonly name: string;
  readonly kind: "paybill" | "till";
  readonly active: boolean;
  /** Whether it has the B2C product. */
  readonly paysOut: boolean;
  readonly initiatorLocked: boolean;
};

export function findShortcode(database: Database, shortcode: string): Shortcode | undefined {
  const row = database.get("SELECT * FROM shortcode WHERE shortcode = ?", shortcode);
  return row === undefined ? undefined : fromRow(row);
}

export function listShortcodes(database: Database): readonly Shortcode[] {
  return database.all("SELECT * FROM shortcode ORDER BY shortcode").map(fromRow);
}

function fromRow(row: Row): Shortcode {
  return {
    shortcode: text(row, "shortcode"),
    name: text(row, "name"),
    kind: word(row, "kind", ["paybill", "till"]),
    active: word(row, "status", ["active", "inactive"]) === "active",
    paysOut: flag(row, "pays_out"),
    initiatorLocked: flag(row, "initiator_locked"),
  };
}
