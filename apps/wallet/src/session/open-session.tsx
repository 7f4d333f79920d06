import { seedOf } from "@satsconnect/wallet/mnemonic";
import type { WalletClient } from "@satsconnect/wallet/client";
import { useEffect, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Page } from "../design/page.tsx";
import { Slab } from "../design/slab.tsx";
import { useWords } from "../i18n/words.ts";
import { MoneyProvider } from "../money/use-money.ts";
import { balanceKesCents } from "../money/snapshot.ts";
import { followAddress, routeOf } from "../navigation/address";
import { createNavigation, NavigationProvider } from "../navigation/navigation.ts";
import { openWalletClient, useSnapshot, WalletProvider } from "../node/index.ts";
import { Statement } from "../screens/parts/notice.tsx";
import { PinPrompt } from "../screens/pin/lock-screen.tsx";
import { changeSettings, useSettings } from "../settings/settings.ts";
import type { Secret } from "../vault/sealing.ts";
import { apiUrl } from "./api-url";
import { deviceOf } from "./device.ts";
import { Over } from "./over.tsx";

type Opened =
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly client: WalletClient }
  | { readonly kind: "held"; readonly takeOver: () => Promise<WalletClient> }
  | { readonly kind: "failed"; readonly message: string };

type OpenSessionProps = {
  readonly secret: Secret;
  readonly start: "new" | "restored" | "known";
  readonly onWiped: () => void;
  readonly children: ReactNode;
};

/** Starts the wallet's node for as long as the session is open, and gives the screens all that they need of it. */
export function OpenSession({ secret, start, onWiped, children }: OpenSessionProps) {
  const { shell } = useWords();
  const { server } = useSettings();
  const [opened, setOpened] = useState<Opened>({ kind: "opening" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let over = false;
    let client: WalletClient | null = null;
    const open = async () => {
      try {
        const answer = await openWalletClient({
          seed: seedOf(secret.mnemonic, secret.passphrase),
          walletId: secret.walletId,
          apiUrl: server ?? apiUrl(),
          device: deviceOf(secret.walletId),
          ...(start === "new" ? { isNewSeed: true } : {}),
          ...(start === "restored" ? { restore: true } : {}),
        });
        if (answer.kind === "open") client = answer.client;
        if (over) void client?.close();
        else setOpened(answer);
      } catch (error) {
        if (!over)
          setOpened({ kind: "failed", message: error instanceof Error ? error.message : "" });
      }
    };
    void open();
    return () => {
      over = true;
      void client?.close();
    };
  }, [secret, server, start, attempt]);
  switch (opened.kind) {
    case "opening":
      return (
        <Page testID="opening">
          <Statement>{shell.opening}</Statement>
        </Page>
      );
    case "failed":
      return (
        <Page
          testID="open-failed"
          footColor="slab"
          foot={
            <Slab
              icon="more"
              label={shell.openAgain}
              onPress={() => {
                setOpened({ kind: "opening" });
                setAttempt(attempt + 1);
              }}
              testID="open-failed.again"
            />
          }
        >
          <Statement detail={opened.message}>{shell.openFailed}</Statement>
        </Page>
      );
    case "held":
      return (
        <Page
          testID="held"
          footColor="slab"
          foot={
            <Slab
              icon="more"
              label={shell.takeOver}
              onPress={() => {
                void opened.takeOver().then((client) => {
                  setOpened({ kind: "open", client });
                  return client;
                });
              }}
              testID="held.take-over"
            />
          }
        >
          <Statement detail={shell.heldDetail}>{shell.heldTitle}</Statement>
        </Page>
      );
    case "open":
      return (
        <WalletProvider client={opened.client}>
          <Desk onWiped={onWiped}>{children}</Desk>
        </WalletProvider>
      );
  }
}

/** The words are asked for from this balance on, in cents of a shilling. */
const wordsDueCents = 100_000n;

type Question = { readonly resolve: (go: boolean) => void };

/** Ways, words and settings for the screens of an open wallet; asks for the PIN where an amount is large. */
function Desk({
  onWiped,
  children,
}: {
  readonly onWiped: () => void;
  readonly children: ReactNode;
}) {
  const { shell, money } = useWords();
  const settings = useSettings();
  const snapshot = useSnapshot();
  const [navigation] = useState(() => createNavigation(routeOf(globalThis.location?.hash ?? "")));
  const [question, setQuestion] = useState<Question | null>(null);
  const limit = useRef(settings.askPinAboveMsat);
  limit.current = settings.askPinAboveMsat;
  useEffect(() => followAddress(navigation), [navigation]);
  const cents = balanceKesCents(snapshot);
  const wordsDue = !settings.wordsChecked && cents !== null && cents >= wordsDueCents;
  const value = useMemo(
    () => ({
      words: money,
      navigation,
      settings: {
        currencyFirst: settings.currencyFirst,
        setCurrencyFirst: (currencyFirst: "kes" | "sats") => {
          changeSettings({ currencyFirst });
        },
        hideAmounts: settings.hideAmounts,
        setHideAmounts: (hideAmounts: boolean) => {
          changeSettings({ hideAmounts });
        },
        msisdn: settings.msisdn,
        setMsisdn: (msisdn: string) => {
          changeSettings({ msisdn });
        },
        wordsDue,
      },
      authorize: (amountMsat: bigint) =>
        amountMsat <= BigInt(limit.current)
          ? Promise.resolve(true)
          : new Promise<boolean>((resolve) => {
              setQuestion({ resolve });
            }),
    }),
    [money, navigation, settings, wordsDue],
  );
  const answer = (go: boolean) => {
    question?.resolve(go);
    setQuestion(null);
  };
  return (
    <NavigationProvider value={navigation}>
      <MoneyProvider value={value}>
        {children}
        {question === null ? null : (
          <Over>
            <PinPrompt
              name="authorize"
              title={shell.authorizeTitle}
              detail={shell.authorizeDetail}
              onBack={() => {
                answer(false);
              }}
              onUnlocked={() => {
                answer(true);
              }}
              onWiped={onWiped}
            />
          </Over>
        )}
      </MoneyProvider>
    </NavigationProvider>
  );
}
