import { languages } from "../shared/language.ts";
import type { Language } from "../shared/language.ts";
import type { Database } from "../store/database.ts";
import { flag, integer, text, word } from "../store/rows.ts";
import type { Row } from "../store/rows.ts";

export const customerStatuses = ["registered", "unregistered", "frozen"] as const;
export type CustomerStatus = (typeof customerStatuses)[number];

/** A person with a SIM card. Unregistered: the line exists, but has no M-Pesa. */
export type Customer = {
  readonly msisdn: string;
  readonly firstName: string;
  readonly middleName: string;
  readonly lastName: string;
  readonly pin: string;
  readonly status: CustomerStatus;
  /** Whether the phone is on. While it is off, prompts time out (1037). */
  readonly reachable: boolean;
  readonly language: Language;
  readonly wrongPins: number;
  readonly pinLocked: boolean;
};

/** Consecutive wrong PINs that lock the PIN (community). */
const maxWrongPins = 3;

export function findCustomer(database: Database, msisdn: string): Customer | undefined {
  const row = database.get("SELECT * FROM customer WHERE msisdn = ?", msisdn);
  return row === undefined ? undefined : fromRow(row);
}

export function listCustomers(database: Database): readonly Customer[] {
  return database.all("SELECT * FROM customer ORDER BY msisdn").map(fromRow);
}

export function fullName({ firstName, middleName, lastName }: Customer): string {
  return [firstName, middleName, lastName].filter((part) => part !== "").join(" ");
}

/** `0700000001`, the national format, as in M-Pesa's messages. */
export function nationalNumber(msisdn: string): string {
  return `0${msisdn.slice(3)}`;
}

export type PinCheck = "right" | "wrong" | "locked";

/** Checks a PIN. A right one resets the count of wrong ones; the third wrong one in a row locks the PIN. */
export function checkPin(database: Database, customer: Customer, pin: string): PinCheck {
  if (customer.pinLocked) return "locked";
  if (customer.pin === pin) {
    database.run("UPDATE customer SET wrong_pins = 0 WHERE msisdn = ?", customer.msisdn);
    return "right";
  }
  database.run(
    `UPDATE customer SET wrong_pins = wrong_pins + 1, pin_locked = (wrong_pins + 1 >= ?)
     WHERE msisdn = ?`,
    maxWrongPins,
    customer.msisdn,
  );
  return "wrong";
}

function fromRow(row: Row): Customer {
  return {
    msisdn: text(row, "msisdn"),
    firstName: text(row, "first_name"),
    middleName: text(row, "middle_name"),
    lastName: text(row, "last_name"),
    pin: text(row, "pin"),
    status: word(row, "status", customerStatuses),
    reachable: flag(row, "reachable"),
    language: word(row, "language", languages),
    wrongPins: integer(row, "wrong_pins"),
    pinLocked: flag(row, "pin_locked"),
  };
}
