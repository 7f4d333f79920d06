import { en } from "./catalogues/en.ts";
import type { Words } from "./catalogues/en.ts";
import { sw } from "./catalogues/sw.ts";

export type Language = "en" | "sw";

const catalogues: Readonly<Record<Language, Words>> = { en, sw };
const key = "satsconnect.operator.language";

function stored(): Language {
  return localStorage.getItem(key) === "sw" ? "sw" : "en";
}

let current: Language = stored();

export function language(): Language {
  return current;
}

/** Changes the language of pages that are drawn from now on. */
export function setLanguage(chosen: Language): void {
  current = chosen;
  localStorage.setItem(key, chosen);
  document.documentElement.lang = chosen;
}

/** The texts of the chosen language. */
export function words(): Words {
  return catalogues[current];
}
