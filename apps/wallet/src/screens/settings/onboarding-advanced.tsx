import { useState } from "react";
import { Page } from "../../design/page.tsx";
import { SettingsRow } from "../../design/settings-row.tsx";
import { Note, Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { apiUrl } from "../../session/api-url";
import { Field } from "../parts/field.tsx";
import { Lead, Notice } from "../parts/notice.tsx";
import { ServerForm } from "./server-form.tsx";

/** Choices made before the wallet is created. */
export type AdvancedChoice = { readonly server: string | null; readonly passphrase: string };

type OnboardingAdvancedProps = {
  readonly chosen: AdvancedChoice;
  readonly onBack: () => void;
  readonly onChosen: (choice: AdvancedChoice) => void;
};

/** Advanced choices of the onboarding: another operator, and a BIP 39 passphrase. */
export function OnboardingAdvanced({ chosen, onBack, onChosen }: OnboardingAdvancedProps) {
  const { shell } = useWords();
  const { menu } = useSettingsWords();
  const { advanced: words, server: serverWords } = useSettingsWords();
  const [server, setServer] = useState(chosen.server);
  const [passphrase, setPassphrase] = useState(chosen.passphrase);
  const [isChoosingServer, setIsChoosingServer] = useState(false);
  const defaultServer = apiUrl();
  const hasOuterSpaces = passphrase !== passphrase.trim();
  if (isChoosingServer)
    return (
      <ServerForm
        current={server ?? defaultServer}
        defaultServer={defaultServer}
        refused={null}
        onBack={() => {
          setIsChoosingServer(false);
        }}
        accept={(found) => (
          <Button
            icon="check"
            label={serverWords.useFirst}
            kind="go"
            onPress={() => {
              setServer(found.server === defaultServer ? null : found.server);
              setIsChoosingServer(false);
            }}
            testID="server.use"
          />
        )}
      />
    );
  return (
    <Page
      testID="advanced"
      title={shell.advanced}
      left={{ icon: "back", label: shell.back, onPress: onBack, testID: "advanced.back" }}
      footColor={hasOuterSpaces ? "margin" : "button"}
      foot={
        <>
          {hasOuterSpaces ? <Note color="stop">{words.passphraseSpaces}</Note> : null}
          <Button
            icon="check"
            label={words.use}
            off={hasOuterSpaces}
            onPress={() => {
              onChosen({ server, passphrase });
            }}
            testID="advanced.use"
          />
        </>
      }
    >
      <Lead>{words.about}</Lead>
      <SettingsRow
        icon="bolt"
        label={menu.serverRow}
        detail={server ?? defaultServer}
        onPress={() => {
          setIsChoosingServer(true);
        }}
        testID="advanced.server"
      />
      <Field
        label={words.passphrase}
        value={passphrase}
        onChange={setPassphrase}
        maxLength={100}
        testID="advanced.passphrase"
      />
      <Notice icon="words">{words.passphraseDetail}</Notice>
    </Page>
  );
}
