import { useEffect, useState } from "react";
import { KangaBorder } from "../../design/ornaments.tsx";
import { Page } from "../../design/page.tsx";
import { Pressable } from "../../design/pressable.tsx";
import { Button } from "../../design/button.tsx";
import { Type } from "../../design/type.tsx";
import { useWords } from "../../i18n/words.ts";
import { clock } from "../../money/format.ts";
import { useNow } from "../../money/use-now.ts";
import { hideAddress } from "../../navigation/address";
import { useMaybeSession } from "../../session/use-session.ts";
import { useSettings } from "../../settings/settings.ts";
import { isLocked, attemptsLeft, shouldWipe } from "../../vault/pin-attempts.ts";
import { isDeviceEncryptionOn, readAttempts, unlock } from "../../vault/vault.ts";
import type { Unlocked } from "../../vault/vault.ts";
import { Lead } from "../parts/notice.tsx";
import { PinPage } from "./pin-page.tsx";

type LockScreenProps = {
  readonly onUnlocked: (opened: Unlocked) => void;
  /** Deletes everything on this device. */
  readonly onDeleteEverything: () => void;
};

/** The lock screen. Wrong PINs are counted; from the third on there is a back-off, and its end is shown. */
export function LockScreen({ onUnlocked, onDeleteEverything }: LockScreenProps) {
  const { shell } = useWords();
  const [isForgotOpen, setIsForgotOpen] = useState(false);
  useEffect(hideAddress, []);
  if (isForgotOpen) {
    return (
      <Page
        testID="forget"
        title={shell.forgot}
        left={{
          icon: "back",
          label: shell.back,
          onPress: () => {
            setIsForgotOpen(false);
          },
          testID: "forget.back",
        }}
        footColor="button"
        foot={
          <Button
            icon="words"
            label={shell.forgotGo}
            onPress={onDeleteEverything}
            testID="forget.go"
          />
        }
      >
        <Lead>{shell.forgotDetail}</Lead>
      </Page>
    );
  }
  return (
    <PinPrompt
      name="lock"
      title={shell.lockTitle}
      detail={shell.lockDetail}
      ornament
      onUnlocked={onUnlocked}
      onWiped={onDeleteEverything}
      onForgot={() => {
        setIsForgotOpen(true);
      }}
    />
  );
}

type PinPromptProps = {
  readonly name: string;
  readonly title: string;
  readonly detail: string;
  readonly ornament?: boolean;
  readonly onUnlocked: (opened: Unlocked) => void;
  readonly onWiped: () => void;
  readonly onBack?: () => void;
  readonly onForgot?: () => void;
};

/** Asks for the PIN, and enforces the back-off after wrong ones. */
export function PinPrompt(props: PinPromptProps) {
  const { shell } = useWords();
  const { wipeAfterTen } = useSettings();
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const session = useMaybeSession();
  const now = useNow(true, 1_000);
  // read on every render: another tab may have counted a failure
  const attempts = readAttempts(now);
  const locked = isLocked(attempts, now);
  const enter = async (pin: string) => {
    setBusy(true);
    setRefused(null);
    const opened = await unlock(pin, Date.now(), session?.slot);
    setBusy(false);
    if (opened.ok) {
      props.onUnlocked(opened.value);
      return;
    }
    if (opened.error.code === "pin_locked") return;
    if (opened.error.code !== "pin_wrong") {
      setRefused(opened.error.code === "seal_refused" ? shell.sealRefused : shell.sealLost);
      return;
    }
    setTried(true);
    if (shouldWipe(readAttempts(Date.now()), wipeAfterTen)) props.onWiped();
  };
  const wrong = locked
    ? shell.pinLocked(clock(attempts.lockedUntil))
    : refused !== null
      ? refused
      : tried && attempts.wrong > 0
        ? shell.pinWrong(attemptsLeft(attempts))
        : null;
  return (
    <PinPage
      name={props.name}
      title={props.title}
      detail={props.detail}
      wrong={wrong}
      off={locked}
      busy={busy ? (isDeviceEncryptionOn() ? shell.checkingSeal : shell.checking) : null}
      {...(props.ornament === true ? { ornament: <KangaBorder large /> } : {})}
      {...(props.onBack === undefined ? {} : { onBack: props.onBack })}
      onPin={(pin) => {
        void enter(pin);
      }}
      below={
        props.onForgot === undefined ? null : (
          <Pressable
            onPress={props.onForgot}
            accessibilityRole="button"
            testID={`${props.name}.forgot`}
            style={{ minHeight: 48, justifyContent: "center" }}
          >
            <Type as="secondStrong">{shell.forgot}</Type>
          </Pressable>
        )
      }
    />
  );
}
