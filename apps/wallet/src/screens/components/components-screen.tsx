import { useState } from "react";
import { Page } from "../../design/page.tsx";
import { QuickAmounts } from "../../design/keys.tsx";
import { ThemeProvider, useTheme } from "../../design/theme.tsx";
import { componentsEn } from "../../i18n/catalogues/components-screen.en.ts";
import { componentsSw } from "../../i18n/catalogues/components-screen.sw.ts";
import { shellEn } from "../../i18n/catalogues/onboarding-and-lock.en.ts";
import { shellSw } from "../../i18n/catalogues/onboarding-and-lock.sw.ts";
import { useLanguage } from "../../i18n/words.ts";
import type { Language } from "../../settings/settings.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { Lead } from "../parts/notice.tsx";
import { MoneyParts, PageParts } from "./parts.tsx";

const catalogues = {
  en: { shell: shellEn, words: componentsEn },
  sw: { shell: shellSw, words: componentsSw },
};

/** Shows every component in every state, in both themes and languages. */
export function ComponentsScreen() {
  const outer = useTheme();
  const [mode, setMode] = useState(outer.mode);
  const [language, setLanguage] = useState<Language>(useLanguage());
  const navigation = useNavigation();
  const { shell, words } = catalogues[language];
  return (
    <ThemeProvider
      choice={mode}
      textScale={outer.textScale}
      reducedMotion={outer.reducedMotion}
      language={language}
    >
      <Page
        testID="components"
        title={words.title}
        left={{
          icon: "back",
          label: shell.back,
          onPress: navigation.back,
          testID: "components.back",
        }}
        foot={
          <>
            <QuickAmounts
              label={words.theme}
              amounts={(["light", "dark"] as const).map((key) => ({
                key,
                label: words.themeNames[key],
              }))}
              chosen={mode}
              onChoose={(key) => {
                setMode(key === "dark" ? "dark" : "light");
              }}
              testID="components.theme"
            />
            <QuickAmounts
              label={words.language}
              amounts={(["en", "sw"] as const).map((key) => ({
                key,
                label: catalogues[key].shell.languageName,
              }))}
              chosen={language}
              onChoose={(key) => {
                setLanguage(key === "sw" ? "sw" : "en");
              }}
              testID="components.language"
            />
          </>
        }
      >
        <Lead>{words.about}</Lead>
        <MoneyParts words={words} />
        <PageParts words={words} />
      </Page>
    </ThemeProvider>
  );
}
