import { settingsEn } from "./parts/settings.en.ts";
import type { SettingsWords } from "./parts/settings.en.ts";
import { settingsSw } from "./parts/settings.sw.ts";
import { useLanguage } from "./words.ts";
import type { Language } from "./words.ts";

const catalogues: Readonly<Record<Language, SettingsWords>> = { en: settingsEn, sw: settingsSw };

/** The words of the pages behind the settings. Only those pages may use them: whoever does brings them all along. */
export function useSettingsWords(): SettingsWords {
  return catalogues[useLanguage()];
}
