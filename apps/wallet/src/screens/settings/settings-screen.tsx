import { Page } from "../../design/page.tsx";
import { Section, SettingsRow } from "../../design/settings-row.tsx";
import { useWords } from "../../i18n/words.ts";
import { kesFigure } from "../../money/format.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { apiUrl } from "../../session/api-url";
import { useWalletPreferences, useSession } from "../../session/use-session.ts";
import { changeSettings, useSettings } from "../../settings/settings.ts";
import { isDeviceEncryptionOn } from "../../vault/vault.ts";

/** Everything that can be chosen. */
export function SettingsScreen({ onLock }: { readonly onLock: () => void }) {
  const { shell } = useWords();
  const settings = useSettings();
  const session = useSession();
  const preferences = useWalletPreferences();
  const navigation = useNavigation();
  return (
    <Page
      testID="settings"
      title={shell.settings}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "settings.back" }}
    >
      <SettingsRow
        icon="words"
        label={preferences.wordsChecked ? shell.wordsRow : shell.wordsRowCheck}
        {...(preferences.wordsChecked
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
        on={preferences.hideAmounts}
        onPress={() => {
          session.preferences.change({ hideAmounts: !preferences.hideAmounts });
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
          navigation.go({ name: "theme" });
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
        icon="finger"
        label={shell.seal}
        value={isDeviceEncryptionOn() ? shell.on : shell.off}
        onPress={() => {
          navigation.go({ name: "seal" });
        }}
        testID="settings.seal"
      />
      <SettingsRow
        icon="clock"
        label={shell.lockAfter}
        value={lockName(settings.lockAfterMs, shell.lockAfterNames)}
        onPress={() => {
          navigation.go({ name: "auto-lock" });
        }}
        testID="settings.auto-lock"
      />
      <SettingsRow
        icon="lock"
        label={shell.pinAbove}
        value={
          settings.askPinAboveKesCents === "0"
            ? shell.pinAboveAlways
            : shell.pinAboveKes(kesFigure(BigInt(settings.askPinAboveKesCents)))
        }
        onPress={() => {
          navigation.go({ name: "pin-limit" });
        }}
        testID="settings.pin-limit"
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
        value={settings.wipeAfterTen ? shell.on : shell.off}
        onPress={() => {
          navigation.go({ name: "wipe" });
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
        icon="bolt"
        label={shell.serverRow}
        detail={preferences.server ?? apiUrl()}
        onPress={() => {
          navigation.go({ name: "server" });
        }}
        testID="settings.server"
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

function lockName(afterMs: number, names: Readonly<Record<number, string>>): string {
  return names[afterMs] ?? String(Math.round(afterMs / 60_000));
}
