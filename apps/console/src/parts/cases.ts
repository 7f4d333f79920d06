import type { OrderCase } from "@satsconnect/contracts/admin";
import { words } from "../i18n/words.ts";
import { known } from "./named.ts";

/** The meaning of a case: the catalogue's sentence, or else the server's. */
export function caseMeaning({ code, meaning }: Pick<OrderCase, "code" | "meaning">): string {
  return known(words().orders.caseMeanings, code) ?? meaning;
}
