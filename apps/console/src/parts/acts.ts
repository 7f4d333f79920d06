import type { PossibleAct, RecordedAct } from "@satsconnect/contracts/admin";
import { words } from "../i18n/words.ts";
import { kes, sats } from "./money.ts";
import { known } from "./named.ts";
import { phone } from "./orders.ts";
import { at } from "./times.ts";
import type { Child } from "../design/dom.ts";

/** Parameters that name an account. */
const accountFields: ReadonlySet<string> = new Set(["place", "from", "to"]);

/** The outcome of an act, in words. */
export function actStatus({ status }: RecordedAct): string {
  return words().act.statuses[status];
}

/** The effect of a possible act, in one sentence. */
export function actDetail({ type, summary }: PossibleAct): string {
  return known(words().orders.actDetails, type) ?? summary;
}

/** A parameter of an act for people: amounts with their unit, times in Kenya's time. */
export function parameterText(name: string, value: string): Child {
  if (name.endsWith("KesCents") && /^\d+$/u.test(value)) return kes(value);
  if (name.endsWith("Msat") && /^\d+$/u.test(value)) return sats(value);
  if (name === "msisdn" || name === "subject") return phone(value);
  if (name.endsWith("At") && !Number.isNaN(Date.parse(value))) return at(value);
  const { ledger, books, switches, orders } = words();
  return (
    known(
      {
        ...(accountFields.has(name) ? ledger.accounts : {}),
        ...(name === "booking" ? books.types : {}),
        ...(name === "name" ? switches.names : {}),
        ...(name === "way" ? orders.choices : {}),
      },
      value,
    ) ?? value
  );
}
