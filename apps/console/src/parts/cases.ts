import type { OrderCase } from "@satsconnect/contracts/admin";
import { words } from "../i18n/words.ts";

/** What a case means: our sentence where the catalogue has one, else the server's. */
export function caseMeaning({ code, meaning }: OrderCase): string {
  const known: Readonly<Record<string, string>> = words().orders.caseMeanings;
  return known[code] ?? meaning;
}
