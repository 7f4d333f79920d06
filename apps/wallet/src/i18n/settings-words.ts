import { settingsEn } from "./catalogues/settings-screens.en.ts";
import type { SettingsWords } from "./catalogues/settings-screens.en.ts";
import { settingsSw } from "./catalogues/settings-screens.sw.ts";
import type { Language } from "../settings/settings.ts";
import { useLanguage } from "./words.ts";

const catalogues: Readonly<Record<Language, SettingsWords>> = { en: settingsEn, sw: settingsSw };

/**
 * The strings of the settings pages in the chosen language. Only those pages may use them: importing this file loads
 * all of them.
 */
export function useSettingsWords(): SettingsWords {
  return catalogues[useLanguage()];
}
