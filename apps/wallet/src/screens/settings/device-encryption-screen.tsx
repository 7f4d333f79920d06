import { useEffect, useState } from "react";
import { Page } from "../../design/page.tsx";
import { Note, Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useWalletPreferences } from "../../session/use-session.ts";
import { deviceEncryption } from "../../vault/device-encryption";
import type { DeviceEncryptionAvailability } from "../../vault/device-encryption-types.ts";
import {
  isDeviceEncryptionOn,
  turnOnDeviceEncryption,
  turnOffDeviceEncryption,
} from "../../vault/vault.ts";
import type { Unlocked } from "../../vault/vault.ts";
import { Notice, Statement } from "../parts/notice.tsx";
import { PinPrompt } from "../pin/lock-screen.tsx";

type Stage = { readonly name: "about" | "pin" | "busy" | "on" | "off" };

/** Turns device encryption on and off, and says what protection the PIN alone gives. */
export function DeviceEncryptionScreen({ onWiped }: { readonly onWiped: () => void }) {
  const { shell } = useWords();
  const { menu } = useSettingsWords();
  const { seal: words } = useSettingsWords();
  const navigation = useNavigation();
  const { wordsChecked } = useWalletPreferences();
  const [stage, setStage] = useState<Stage>({ name: "about" });
  const [problem, setProblem] = useState<string | null>(null);
  const availability = useAvailability();
  const isOn = isDeviceEncryptionOn();
  const change = async (opened: Unlocked) => {
    setStage({ name: "busy" });
    if (isOn) {
      await turnOffDeviceEncryption(opened);
      setStage({ name: "off" });
      return;
    }
    const sealed = await turnOnDeviceEncryption(opened);
    if (sealed.ok) {
      setStage({ name: "on" });
      return;
    }
    setProblem(sealed.error.code === "seal_refused" ? words.refused : words.unavailable);
    setStage({ name: "about" });
  };
  switch (stage.name) {
    case "pin":
      return (
        <PinPrompt
          name="seal-pin"
          title={shell.lockTitle}
          detail={shell.lockDetail}
          onBack={() => {
            setStage({ name: "about" });
          }}
          onWiped={onWiped}
          onUnlocked={(opened) => {
            void change(opened);
          }}
        />
      );
    case "busy":
      return (
        <Page testID="seal.busy" title={menu.seal}>
          <Statement>{words.asking}</Statement>
        </Page>
      );
    case "on":
    case "off":
      return (
        <Page
          testID={`seal.${stage.name}`}
          title={menu.seal}
          footColor="button"
          foot={
            <Button icon="check" label={words.done} onPress={navigation.back} testID="seal.done" />
          }
        >
          <Statement>{stage.name === "on" ? words.turnedOn : words.turnedOff}</Statement>
        </Page>
      );
    case "about":
      return (
        <Page
          testID="seal"
          title={menu.seal}
          left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "seal.back" }}
          {...(isOn || availability === "ready"
            ? {
                footColor: "button" as const,
                foot: (
                  <>
                    {problem === null ? null : <Note color="stop">{problem}</Note>}
                    {isOn || wordsChecked ? null : <Note color="stop">{words.wordsFirst}</Note>}
                    <Button
                      icon="finger"
                      label={isOn ? words.turnOff : words.turnOn}
                      onPress={() => {
                        setProblem(null);
                        setStage({ name: "pin" });
                      }}
                      testID="seal.change"
                    />
                  </>
                ),
              }
            : {})}
        >
          <Statement detail={words.about}>{isOn ? words.on : words.off}</Statement>
          {isOn || availability === "ready" ? <Notice icon="words">{words.lost}</Notice> : null}
          {!isOn && availability === "none" ? <Notice icon="lock">{words.none}</Notice> : null}
          {!isOn && availability === "not_here" ? (
            <Notice icon="lock">{words.notHere}</Notice>
          ) : null}
        </Page>
      );
  }
}

/** Offers device encryption after the first PIN was chosen. */
export function DeviceEncryptionOffer({
  unlocked,
  onDone,
}: {
  readonly unlocked: Unlocked;
  readonly onDone: () => void;
}) {
  const { menu } = useSettingsWords();
  const { seal: words } = useSettingsWords();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const accept = async () => {
    setBusy(true);
    const sealed = await turnOnDeviceEncryption(unlocked);
    setBusy(false);
    if (sealed.ok) onDone();
    else setProblem(sealed.error.code === "seal_refused" ? words.refused : words.unavailable);
  };
  return (
    <Page
      testID="seal-offer"
      title={menu.seal}
      footColor="button"
      foot={
        <>
          {problem === null ? null : <Note color="stop">{problem}</Note>}
          <Button
            icon="finger"
            label={words.offerYes}
            kind="plain"
            busy={busy}
            onPress={() => {
              void accept();
            }}
            testID="seal-offer.yes"
          />
          <Button icon="more" label={words.offerNo} onPress={onDone} testID="seal-offer.no" />
        </>
      }
    >
      <Statement detail={words.about}>{words.offerTitle}</Statement>
      <Notice icon="words">{words.lost}</Notice>
    </Page>
  );
}

function useAvailability(): DeviceEncryptionAvailability | null {
  const [availability, setAvailability] = useState<DeviceEncryptionAvailability | null>(null);
  useEffect(() => {
    let isUnmounted = false;
    const ask = async () => {
      const found = await deviceEncryption.availability();
      if (!isUnmounted) setAvailability(found);
    };
    void ask();
    return () => {
      isUnmounted = true;
    };
  }, []);
  return availability;
}
