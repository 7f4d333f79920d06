import { seedOf } from "@satsconnect/wallet/mnemonic";
import type { WalletClient } from "@satsconnect/wallet/client";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { Page } from "../design/page.tsx";
import { Note, Button } from "../design/button.tsx";
import { useWords } from "../i18n/words.ts";
import { MoneyProvider } from "../money/use-money.ts";
import { balanceKesCents, rateOf } from "../money/snapshot.ts";
import { firstRoute, followAddress, privateAddressOf } from "../navigation/address";
import { createNavigation, NavigationProvider } from "../navigation/navigation.ts";
import { openWalletClient, useSnapshot, WalletProvider } from "../node/index.ts";
import { Statement } from "../screens/parts/notice.tsx";
import { PinPrompt } from "../screens/pin/lock-screen.tsx";
import { changeSettings, useSettings } from "../settings/settings.ts";
import { openWalletPreferences } from "../settings/wallet-preferences.ts";
import type { WalletPreferencesStore } from "../settings/wallet-preferences.ts";
import type { Slot, Unlocked } from "../vault/vault.ts";
import { walletStorageId } from "../settings/wallet-storage-id.ts";
import { apiUrl } from "../session/api-url";
import { deviceOf } from "../session/device.ts";
import { Overlay } from "../design/overlay.tsx";
import { preloadSettingsPages } from "../screens/lazy-screens.ts";
import { spendingGate } from "../session/spending-limit.ts";
import type { CurrentLimit } from "../session/spending-limit.ts";
import { SessionProvider } from "../session/use-session.ts";
import type { Session } from "../session/use-session.ts";

type Opened =
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly client: WalletClient }
  | { readonly kind: "held"; readonly takeOver: () => Promise<WalletClient> }
  | { readonly kind: "failed"; readonly message: string };

type OpenSessionProps = {
  readonly unlocked: Pick<Unlocked, "secret" | "slot">;
  readonly start: "new" | "restored" | "known";
  readonly onWiped: () => void;
  readonly children: ReactNode;
};

/** Runs the wallet's node while the session is open, and gives its screens the wallet, navigation and preferences. */
export function OpenSession({ unlocked, start, onWiped, children }: OpenSessionProps) {
  const { shell } = useWords();
  const { secret, slot } = unlocked;
  const [preferences] = useState(() => openWalletPreferences(unlocked));
  const server = useSyncExternalStore(
    preferences.subscribe,
    () => preferences.get().server,
    () => preferences.get().server,
  );
  const walletId = walletStorageId(secret.walletId, preferences.get());
  const [opened, setOpened] = useState<Opened>({ kind: "opening" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let over = false;
    let client: WalletClient | null = null;
    setOpened({ kind: "opening" });
    const open = async () => {
      try {
        const answer = await openWalletClient({
          seed: seedOf(secret.mnemonic, secret.passphrase),
          walletId,
          apiUrl: server ?? apiUrl(),
          device: deviceOf(preferences),
          ...(start === "new" && walletId === secret.walletId ? { isNewSeed: true } : {}),
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
  }, [secret, preferences, walletId, server, start, attempt]);
  switch (opened.kind) {
    case "opening":
      return (
        <Page testID="opening" title={shell.name}>
          <Statement>{shell.opening}</Statement>
        </Page>
      );
    case "failed":
      return (
        <Page
          testID="open-failed"
          title={shell.name}
          footColor="button"
          foot={
            <Button
              icon="more"
              label={shell.openAgain}
              onPress={() => {
                setAttempt(attempt + 1);
              }}
              testID="open-failed.again"
            />
          }
        >
          <Statement detail={shell.openFailedDetail}>{shell.openFailed}</Statement>
          {opened.message === "" ? null : <Note color="ink2">{opened.message}</Note>}
        </Page>
      );
    case "held":
      return (
        <Page
          testID="held"
          title={shell.name}
          footColor="button"
          foot={
            <Button
              icon="more"
              label={shell.takeOver}
              onPress={() => {
                void opened.takeOver().then(
                  (client) => {
                    setOpened({ kind: "open", client });
                  },
                  (error: unknown) => {
                    setOpened({
                      kind: "failed",
                      message: error instanceof Error ? error.message : "",
                    });
                  },
                );
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
          <SessionProviders
            slot={slot}
            walletId={walletId}
            preferences={preferences}
            onWiped={onWiped}
          >
            {children}
          </SessionProviders>
        </WalletProvider>
      );
  }
}

/** By then the first page is drawn and the node is starting. */
const preloadAfterMs = 2_000;

/** From this balance on, in cents of a shilling, the app asks to write down the 12 words. */
const wordsDueCents = 100_000n;

type Question = {
  readonly title: string;
  readonly detail: string;
  readonly resolve: (go: boolean) => void;
};

type SessionProvidersProps = {
  readonly slot: Slot;
  readonly walletId: string;
  readonly preferences: WalletPreferencesStore;
  readonly onWiped: () => void;
  readonly children: ReactNode;
};

/**
 * Provides navigation, strings and settings to the screens of an open wallet; asks for the PIN before a large amount.
 */
function SessionProviders({
  slot,
  walletId,
  preferences,
  onWiped,
  children,
}: SessionProvidersProps) {
  const { shell, money } = useWords();
  const settings = useSettings();
  const snapshot = useSnapshot();
  const [navigation] = useState(() => createNavigation(firstRoute(preferences.get().lookedAt)));
  const [question, setQuestion] = useState<Question | null>(null);
  const kept = useSyncExternalStore(preferences.subscribe, preferences.get, preferences.get);
  const limit = useRef<CurrentLimit>({ limitKesCents: "0", rate: null });
  limit.current = { limitKesCents: settings.askPinAboveKesCents, rate: rateOf(snapshot) };
  useEffect(() => followAddress(navigation), [navigation]);
  useEffect(() => {
    const rememberAddress = () => {
      const lookedAt = privateAddressOf(navigation.stack().at(-1) ?? { name: "home" });
      if (preferences.get().lookedAt !== lookedAt) preferences.change({ lookedAt });
    };
    rememberAddress();
    return navigation.subscribe(rememberAddress);
  }, [navigation, preferences]);
  useEffect(() => {
    const timer = setTimeout(preloadSettingsPages, preloadAfterMs);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  const cents = balanceKesCents(snapshot);
  const wordsDue = !kept.wordsChecked && cents !== null && cents >= wordsDueCents;
  const askPin = useCallback<Session["askPin"]>(
    (why) =>
      new Promise<boolean>((resolve) => {
        setQuestion({ ...why, resolve });
      }),
    [],
  );
  const why = useRef({ title: "", detail: "" });
  why.current = { title: shell.authorizeTitle, detail: shell.authorizeDetail };
  const [authorize] = useState(() =>
    spendingGate(
      () => limit.current,
      () => askPin(why.current),
    ),
  );
  const value = useMemo(
    () => ({
      words: money,
      navigation,
      settings: {
        currencyFirst: settings.currencyFirst,
        setCurrencyFirst: (currencyFirst: "kes" | "sats") => {
          changeSettings({ currencyFirst });
        },
        hideAmounts: kept.hideAmounts,
        setHideAmounts: (hideAmounts: boolean) => {
          preferences.change({ hideAmounts });
        },
        msisdn: kept.msisdn,
        setMsisdn: (msisdn: string) => {
          preferences.change({ msisdn });
        },
        wordsDue,
      },
      authorize,
    }),
    [money, navigation, settings, kept, preferences, authorize, wordsDue],
  );
  const session = useMemo<Session>(
    () => ({ slot, walletId, preferences, askPin }),
    [slot, walletId, preferences, askPin],
  );
  const answer = (go: boolean) => {
    question?.resolve(go);
    setQuestion(null);
  };
  return (
    <NavigationProvider value={navigation}>
      <SessionProvider value={session}>
        <MoneyProvider value={value}>
          {children}
          {question === null ? null : (
            <Overlay>
              <PinPrompt
                name="authorize"
                title={question.title}
                detail={question.detail}
                onBack={() => {
                  answer(false);
                }}
                onUnlocked={() => {
                  answer(true);
                }}
                onWiped={onWiped}
              />
            </Overlay>
          )}
        </MoneyProvider>
      </SessionProvider>
    </NavigationProvider>
  );
}
