import { newMnemonic, parseMnemonic, recoveryWordsIn } from "@satsconnect/wallet/mnemonic";
import { useState } from "react";
import { View } from "react-native";
import { KangaBorder } from "../design/ornaments.tsx";
import { Pressable } from "../design/pressable.tsx";
import { Page } from "../design/page.tsx";
import { Note, Button } from "../design/button.tsx";
import { useTheme } from "../design/theme.tsx";
import { size } from "../design/tokens.ts";
import { Type } from "../design/type.tsx";
import { useWords } from "../i18n/words.ts";
import { shellEn } from "../i18n/catalogues/onboarding-and-lock.en.ts";
import { shellSw } from "../i18n/catalogues/onboarding-and-lock.sw.ts";
import { changeSettings, languages, useSettings } from "../settings/settings.ts";
import type { Language } from "../settings/settings.ts";
import { LazyPage } from "./lazy-page.tsx";
import { OnboardingAdvanced } from "./lazy-screens.ts";
import type { AdvancedChoice } from "./settings/onboarding-advanced.tsx";
import { Field } from "./parts/field.tsx";
import { Lead } from "./parts/notice.tsx";
import { ChoosePin } from "./pin/choose-pin.tsx";
import { useBlockScreenshots } from "../platform/block-screenshots";

/** The result of the onboarding. */
export type NewWallet = {
  readonly mnemonic: string;
  readonly passphrase: string;
  readonly restored: boolean;
  readonly pin: string;
  /** URL of a chosen operator's API; null for the operator that this app came with. */
  readonly server: string | null;
};

type Stage =
  | { readonly name: "start" }
  | { readonly name: "advanced" }
  | { readonly name: "restore" }
  | {
      readonly name: "pin";
      readonly mnemonic: string;
      readonly passphrase: string;
      readonly restored: boolean;
    };

const names: Readonly<Record<Language, string>> = {
  en: shellEn.languageName,
  sw: shellSw.languageName,
};

/** The onboarding: language, a new or restored wallet, then a PIN. The recovery words are written down later. */
export function Onboarding({
  onWallet,
}: {
  readonly onWallet: (wallet: NewWallet) => Promise<void>;
}) {
  const { language } = useSettings();
  const { shell } = useWords();
  const [stage, setStage] = useState<Stage>({ name: "start" });
  const [advanced, setAdvanced] = useState<AdvancedChoice>({ server: null, passphrase: "" });
  if (language === null) return <ChooseLanguage />;
  switch (stage.name) {
    case "start":
      return (
        <Start
          onCreate={() => {
            const { passphrase } = advanced;
            setStage({ name: "pin", mnemonic: newMnemonic(), passphrase, restored: false });
          }}
          onRestore={() => {
            setStage({ name: "restore" });
          }}
          onAdvanced={() => {
            setStage({ name: "advanced" });
          }}
        />
      );
    case "advanced":
      return (
        <LazyPage>
          <OnboardingAdvanced
            chosen={advanced}
            onBack={() => {
              setStage({ name: "start" });
            }}
            onChosen={(choice) => {
              setAdvanced(choice);
              setStage({ name: "start" });
            }}
          />
        </LazyPage>
      );
    case "restore":
      return (
        <Restore
          initialPassphrase={advanced.passphrase}
          onBack={() => {
            setStage({ name: "start" });
          }}
          onWords={(mnemonic, passphrase) => {
            setStage({ name: "pin", mnemonic, passphrase, restored: true });
          }}
        />
      );
    case "pin":
      return (
        <ChoosePin
          name="choose-pin"
          title={shell.pinTitle}
          detail={shell.pinDetail}
          onBack={() => {
            setStage({ name: "start" });
          }}
          onChosen={async (pin) => {
            const { mnemonic, passphrase, restored } = stage;
            await onWallet({ mnemonic, passphrase, restored, pin, server: advanced.server });
            return null;
          }}
        />
      );
  }
}

function ChooseLanguage() {
  return (
    <Page
      testID="language"
      ornament={<KangaBorder large />}
      footColor="button"
      foot={languages.map((language) => (
        <Button
          key={language}
          icon="tongue"
          label={names[language]}
          kind={language === "en" ? "plain" : "ink"}
          onPress={() => {
            changeSettings({ language });
          }}
          testID={`language.${language}`}
        />
      ))}
    >
      <Greeting />
    </Page>
  );
}

function Greeting() {
  const { grid } = useTheme();
  const lines = [shellEn.tagline, shellSw.tagline];
  return (
    <View
      style={{
        flex: 1,
        justifyContent: "flex-end",
        paddingLeft: grid.writing,
        paddingRight: grid.edge,
        paddingBottom: 24,
      }}
    >
      <Type as="statement" role="heading" aria-level={1}>
        {shellEn.name}
      </Type>
      {lines.map((line) => (
        <Type key={line} as="body" style={{ marginTop: 12 }}>
          {line}
        </Type>
      ))}
    </View>
  );
}

function Start({
  onCreate,
  onRestore,
  onAdvanced,
}: {
  readonly onCreate: () => void;
  readonly onRestore: () => void;
  readonly onAdvanced: () => void;
}) {
  const { shell } = useWords();
  const { language } = useSettings();
  const { grid } = useTheme();
  const other = languages.find((one) => one !== language) ?? "en";
  return (
    <Page
      testID="start"
      ornament={<KangaBorder large />}
      footColor="now"
      foot={
        <>
          <Button
            icon="tongue"
            label={names[other]}
            kind="plain"
            onPress={() => {
              changeSettings({ language: other });
            }}
            testID="start.language"
          />
          <Button
            icon="words"
            label={shell.restore}
            kind="plain"
            onPress={onRestore}
            testID="start.restore"
          />
          <Button
            icon="more"
            label={shell.create}
            kind="go"
            onPress={onCreate}
            testID="start.create"
          />
        </>
      }
    >
      <View
        style={{
          flex: 1,
          justifyContent: "flex-end",
          paddingLeft: grid.writing,
          paddingRight: grid.edge,
          paddingBottom: 24,
        }}
      >
        <Type as="statement" role="heading" aria-level={1}>
          {shell.name}
        </Type>
        <Type as="body" style={{ marginTop: 12 }}>
          {shell.tagline}
        </Type>
        <Pressable
          onPress={onAdvanced}
          accessibilityRole="button"
          testID="start.advanced"
          style={{
            minWidth: size.tapMin,
            minHeight: 48,
            justifyContent: "center",
            alignSelf: "flex-start",
          }}
        >
          <Type as="second" style={{ textDecorationLine: "underline" }}>
            {shell.advanced}
          </Type>
        </Pressable>
      </View>
    </Page>
  );
}

type RestoreProps = {
  readonly initialPassphrase: string;
  readonly onBack: () => void;
  readonly onWords: (mnemonic: string, passphrase: string) => void;
};

function Restore({ initialPassphrase, onBack, onWords }: RestoreProps) {
  useBlockScreenshots();
  const { shell } = useWords();
  const [text, setText] = useState("");
  const [passphrase, setPassphrase] = useState(initialPassphrase);
  const [wrong, setWrong] = useState<string | null>(null);
  const submit = () => {
    const parsed = parseMnemonic(text);
    if (parsed.ok) {
      onWords(parsed.value, passphrase);
      return;
    }
    switch (parsed.error.code) {
      case "words_count":
        setWrong(shell.wordsCount(recoveryWordsIn(text).length));
        return;
      case "word_unknown":
        setWrong(shell.wordUnknown(Number(/\d+/u.exec(parsed.error.message)?.[0] ?? "0")));
        return;
      case "words_checksum":
        setWrong(shell.wordsChecksum);
    }
  };
  return (
    <Page
      testID="restore"
      title={shell.restoreTitle}
      left={{ icon: "back", label: shell.back, onPress: onBack, testID: "restore.back" }}
      footColor="now"
      foot={
        <>
          {wrong === null ? null : <Note color="stop">{wrong}</Note>}
          <Button
            icon="more"
            label={shell.restoreGo}
            kind="go"
            onPress={submit}
            testID="restore.continue"
          />
        </>
      }
    >
      <Lead>{shell.restoreDetail}</Lead>
      <Field
        label={shell.restoreField}
        value={text}
        lines={4}
        onChange={(next) => {
          setWrong(null);
          setText(next);
        }}
        testID="restore.words"
      />
      <Field
        label={shell.passphrase}
        value={passphrase}
        onChange={setPassphrase}
        testID="restore.passphrase"
      />
    </Page>
  );
}
