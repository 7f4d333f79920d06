import { moneyEn } from "./catalogues/money-screens.en.ts";
import type { MoneyWords } from "./catalogues/money-screens.en.ts";
import { moneySw } from "./catalogues/money-screens.sw.ts";
import { shellEn } from "./catalogues/onboarding-and-lock.en.ts";
import type { ShellWords } from "./catalogues/onboarding-and-lock.en.ts";
import { shellSw } from "./catalogues/onboarding-and-lock.sw.ts";
import { useSettings } from "../settings/settings.ts";
import type { Language } from "../settings/settings.ts";

export type Words = { readonly money: MoneyWords; readonly shell: ShellWords };

const catalogues: Readonly<Record<Language, Words>> = {
  en: { money: moneyEn, shell: shellEn },
  sw: { money: moneySw, shell: shellSw },
};

/** The chosen language; English until one is chosen. */
export function useLanguage(): Language {
  return useSettings().language ?? "en";
}

/** The strings of the chosen language. */
export function useWords(): Words {
  return catalogues[useLanguage()];
}
