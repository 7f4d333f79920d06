import { moneyEn } from "./parts/money.en.ts";
import type { MoneyWords } from "./parts/money.en.ts";
import { moneySw } from "./parts/money.sw.ts";
import { shellEn } from "./parts/shell.en.ts";
import type { ShellWords } from "./parts/shell.en.ts";
import { shellSw } from "./parts/shell.sw.ts";
import { useSettings } from "../settings/settings.ts";

export const languages = ["en", "sw"] as const;
export type Language = (typeof languages)[number];

export type Words = { readonly money: MoneyWords; readonly shell: ShellWords };

const catalogues: Readonly<Record<Language, Words>> = {
  en: { money: moneyEn, shell: shellEn },
  sw: { money: moneySw, shell: shellSw },
};

/** The chosen language; English before one was chosen. */
export function useLanguage(): Language {
  return useSettings().language ?? "en";
}

/** The words of the chosen language. */
export function useWords(): Words {
  return catalogues[useLanguage()];
}
