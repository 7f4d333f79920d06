import type { Request } from "express";
import { languages } from "../shared/language.ts";
import type { Language } from "../shared/language.ts";
import { queryOf } from "./requests.ts";

const cookieName = "language";

/** The language of a page: `?lang=`, else the cookie, else the browser's preference, else English. */
export function languageOf(request: Request): Language {
  const chosen = known(queryOf(request).get("lang"));
  if (chosen !== undefined) return chosen;
  const cookie = request.get("cookie") ?? "";
  const remembered = known(new RegExp(`(?:^|;\\s*)${cookieName}=(\\w+)`).exec(cookie)?.[1]);
  if (remembered !== undefined) return remembered;
  return /^sw\b/i.test(request.get("accept-language") ?? "") ? "sw" : "en";
}

/** The `Set-Cookie` header that remembers a language chosen by `?lang=`. */
export function languageHeaders(request: Request): Readonly<Record<string, string>> {
  const chosen = known(queryOf(request).get("lang"));
  return chosen === undefined
    ? {}
    : {
        "set-cookie": `${cookieName}=${chosen}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly`,
      };
}

function known(value: string | null | undefined): Language | undefined {
  return languages.find((language) => language === value);
}
