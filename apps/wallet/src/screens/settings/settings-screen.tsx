import { Page } from "../../design/page.tsx";
import { Section, SettingsRow } from "../../design/settings-row.tsx";
import { useWords } from "../../i18n/words.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useOwn, useSession } from "../../session/use-session.ts";
import { changeSettings, useSettings } from "../../settings/settings.ts";

const themes = ["system", "light", "dark"] as const;

/** Everything that can be chosen. */
export function SettingsScreen({ onLock }: { readonly onLock: () => void }) {
  const { shell } = useWords();
  const settings = useSettings();
  const session = useSession();
  const own = useOwn();
  const navigation = useNavigation();
  const nextTheme = themes[(themes.indexOf(settings.theme) + 1) % themes.length] ?? "system";
  return (
    <Page
      testID="settings"
      title={shell.settings}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "settings.back" }}
    >
      <SettingsRow
        icon="words"
        label={own.wordsChecked ? shell.wordsRow : shell.wordsRowCheck}
        {...(own.wordsChecked
          ? { done: true }
          : { detail: shell.wordsRowCheckDetail, needsYou: true })}
        onPress={() => {
          navigation.go({ name: "words" });
        }}
        testID="settings.words"
      />
      <Section>{shell.sectionMoney}</Section>
      <SettingsRow
        icon="bolt"
        label={shell.currency}
        value={settings.currencyFirst === "kes" ? shell.currencyKes : shell.currencySats}
        onPress={() => {
          changeSettings({ currencyFirst: settings.currencyFirst === "kes" ? "sats" : "kes" });
        }}
        testID="settings.currency"
      />
      <SettingsRow
        icon="eye"
        label={shell.hide}
        on={own.hideAmounts}
        onPress={() => {
          session.own.change({ hideAmounts: !own.hideAmounts });
        }}
        testID="settings.hide"
      />
      <Section>{shell.sectionLook}</Section>
      <SettingsRow
        icon="tongue"
        label={shell.language}
        value={shell.languageName}
        onPress={() => {
          changeSettings({ language: settings.language === "sw" ? "en" : "sw" });
        }}
        testID="settings.language"
      />
      <SettingsRow
        icon="eye"
        label={shell.theme}
        value={shell.themeNames[settings.theme]}
        onPress={() => {
          changeSettings({ theme: nextTheme });
        }}
        testID="settings.theme"
      />
      <Section>{shell.sectionSecurity}</Section>
      <SettingsRow
        icon="lock"
        label={shell.changePin}
        onPress={() => {
          navigation.go({ name: "change-pin" });
        }}
        testID="settings.change-pin"
      />
      <SettingsRow
        icon="lock"
        label={shell.decoy}
        detail={shell.decoyDetail}
        onPress={() => {
          navigation.go({ name: "decoy" });
        }}
        testID="settings.decoy"
      />
      <SettingsRow
        icon="erase"
        label={shell.wipe}
        on={settings.wipeAfterTen}
        onPress={() => {
          changeSettings({ wipeAfterTen: !settings.wipeAfterTen });
        }}
        testID="settings.wipe"
      />
      <SettingsRow
        icon="phone"
        label={shell.devices}
        onPress={() => {
          navigation.go({ name: "devices" });
        }}
        testID="settings.devices"
      />
      <SettingsRow icon="close" label={shell.lockNow} onPress={onLock} testID="settings.lock" />
      <Section>{shell.sectionAbout}</Section>
      <SettingsRow
        icon="help"
        label={shell.help}
        onPress={() => {
          navigation.go({ name: "help" });
        }}
        testID="settings.help"
      />
      <SettingsRow
        icon="bolt"
        label={shell.node}
        onPress={() => {
          navigation.go({ name: "node" });
        }}
        testID="settings.node"
      />
      <SettingsRow
        icon="send"
        label={shell.leave}
        onPress={() => {
          navigation.go({ name: "leave" });
        }}
        testID="settings.leave"
      />
    </Page>
  );
}
