import type { HttpRequest } from "./responses.ts";
import { languages } from "../shared/language.ts";
import type { Language } from "../shared/language.ts";

const cookieName = "language";

/** The language of a page: chosen in the address, else remembered, else what the browser prefers, else English. */
export function languageOf({ query, headers }: HttpRequest): Language {
  const asked = known(query.get("lang"));
  if (asked !== undefined) return asked;
  const cookie = typeof headers["cookie"] === "string" ? headers["cookie"] : "";
  const remembered = known(new RegExp(`(?:^|;\\s*)${cookieName}=(\\w+)`).exec(cookie)?.[1]);
  if (remembered !== undefined) return remembered;
  const preferred = headers["accept-language"];
  return typeof preferred === "string" && /^sw\b/i.test(preferred) ? "sw" : "en";
}

/** Remembers a choice that was made in the address. */
export function languageHeaders({ query }: HttpRequest): Readonly<Record<string, string>> {
  const asked = known(query.get("lang"));
  return asked === undefined
    ? {}
    : {
        "set-cookie": `${cookieName}=${asked}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly`,
      };
}

function known(value: string | null | undefined): Language | undefined {
  return languages.find((language) => language === value);
}
