import { settingsEn } from "./catalogues/settings-screens.en.ts";
import type { SettingsWords } from "./catalogues/settings-screens.en.ts";
import { settingsSw } from "./catalogues/settings-screens.sw.ts";
import type { Language } from "../settings/settings.ts";
import { useLanguage } from "./words.ts";

const catalogues: Readonly<Record<Language, SettingsWords>> = { en: settingsEn, sw: settingsSw };

/** The words of the pages behind the settings. Only those pages may use them: whoever does brings them all along. */
export function useSettingsWords(): SettingsWords {
  return catalogues[useLanguage()];
}
