import type { RecordedAct } from "@satsconnect/contracts/admin";
import { words } from "../i18n/words.ts";
import { kes, sats } from "./money.ts";
import { named } from "./named.ts";
import { phone } from "./orders.ts";
import { at } from "./times.ts";
import type { Child } from "../design/dom.ts";

/** What became of an act, in words. */
export function actStatus({ status }: RecordedAct): string {
  return words().act.statuses[status];
}

/** A parameter of an act for people: amounts with their unit, times in Kenya's time. */
export function parameterText(name: string, value: string): Child {
  if (name.endsWith("KesCents") && /^\d+$/u.test(value)) return kes(value);
  if (name.endsWith("Msat") && /^\d+$/u.test(value)) return sats(value);
  if (name === "msisdn") return phone(value);
  if (name.endsWith("At") && !Number.isNaN(Date.parse(value))) return at(value);
  return named(words().orders.choices, value) === value.replaceAll("_", " ")
    ? value
    : named(words().orders.choices, value);
}
