import { Page } from "../../design/page.tsx";
import { Section, SettingsRow } from "../../design/settings-row.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { kesFigure } from "../../money/format.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { apiUrl } from "../../session/api-url";
import { useWalletPreferences, useSession } from "../../session/use-session.ts";
import { changeSettings, useSettings } from "../../settings/settings.ts";
import { isDeviceEncryptionOn } from "../../vault/vault.ts";

/** The list of settings. */
export function SettingsScreen({ onLock }: { readonly onLock: () => void }) {
  const { shell } = useWords();
  const { menu } = useSettingsWords();
  const settings = useSettings();
  const session = useSession();
  const preferences = useWalletPreferences();
  const navigation = useNavigation();
  return (
    <Page
      testID="settings"
      title={menu.title}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "settings.back" }}
    >
      <SettingsRow
        icon="words"
        label={preferences.wordsChecked ? menu.wordsRow : menu.wordsRowCheck}
        {...(preferences.wordsChecked
          ? { done: true }
          : { detail: menu.wordsRowCheckDetail, needsAction: true })}
        onPress={() => {
          navigation.go({ name: "words" });
        }}
        testID="settings.words"
      />
      <Section>{menu.sectionMoney}</Section>
      <SettingsRow
        icon="bolt"
        label={menu.currency}
        value={settings.currencyFirst === "kes" ? menu.currencyKes : menu.currencySats}
        onPress={() => {
          changeSettings({ currencyFirst: settings.currencyFirst === "kes" ? "sats" : "kes" });
        }}
        testID="settings.currency"
      />
      <SettingsRow
        icon="eye"
        label={menu.hide}
        on={preferences.hideAmounts}
        onPress={() => {
          session.preferences.change({ hideAmounts: !preferences.hideAmounts });
        }}
        testID="settings.hide"
      />
      <Section>{menu.sectionLook}</Section>
      <SettingsRow
        icon="tongue"
        label={menu.language}
        value={shell.languageName}
        onPress={() => {
          changeSettings({ language: settings.language === "sw" ? "en" : "sw" });
        }}
        testID="settings.language"
      />
      <SettingsRow
        icon="eye"
        label={menu.theme}
        value={menu.themeNames[settings.theme]}
        onPress={() => {
          navigation.go({ name: "theme" });
        }}
        testID="settings.theme"
      />
      <Section>{menu.sectionSecurity}</Section>
      <SettingsRow
        icon="lock"
        label={menu.changePin}
        onPress={() => {
          navigation.go({ name: "change-pin" });
        }}
        testID="settings.change-pin"
      />
      <SettingsRow
        icon="finger"
        label={menu.seal}
        value={isDeviceEncryptionOn() ? menu.on : menu.off}
        onPress={() => {
          navigation.go({ name: "seal" });
        }}
        testID="settings.seal"
      />
      <SettingsRow
        icon="clock"
        label={menu.lockAfter}
        value={lockName(settings.lockAfterMs, menu.lockAfterNames)}
        onPress={() => {
          navigation.go({ name: "auto-lock" });
        }}
        testID="settings.auto-lock"
      />
      <SettingsRow
        icon="lock"
        label={menu.pinAbove}
        value={
          settings.askPinAboveKesCents === "0"
            ? menu.pinAboveAlways
            : menu.pinAboveKes(kesFigure(BigInt(settings.askPinAboveKesCents)))
        }
        onPress={() => {
          navigation.go({ name: "pin-limit" });
        }}
        testID="settings.pin-limit"
      />
      <SettingsRow
        icon="lock"
        label={menu.decoy}
        detail={menu.decoyDetail}
        onPress={() => {
          navigation.go({ name: "decoy" });
        }}
        testID="settings.decoy"
      />
      <SettingsRow
        icon="erase"
        label={menu.wipe}
        value={settings.wipeAfterTen ? menu.on : menu.off}
        onPress={() => {
          navigation.go({ name: "wipe" });
        }}
        testID="settings.wipe"
      />
      <SettingsRow
        icon="phone"
        label={menu.devices}
        onPress={() => {
          navigation.go({ name: "devices" });
        }}
        testID="settings.devices"
      />
      <SettingsRow icon="close" label={menu.lockNow} onPress={onLock} testID="settings.lock" />
      <Section>{menu.sectionAbout}</Section>
      <SettingsRow
        icon="help"
        label={menu.help}
        onPress={() => {
          navigation.go({ name: "help" });
        }}
        testID="settings.help"
      />
      <SettingsRow
        icon="bolt"
        label={menu.node}
        onPress={() => {
          navigation.go({ name: "node" });
        }}
        testID="settings.node"
      />
      <SettingsRow
        icon="bolt"
        label={menu.serverRow}
        detail={preferences.server ?? apiUrl()}
        onPress={() => {
          navigation.go({ name: "server" });
        }}
        testID="settings.server"
      />
      <SettingsRow
        icon="send"
        label={menu.leave}
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
