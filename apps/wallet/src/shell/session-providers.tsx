import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { useWords } from "../i18n/words.ts";
import { MoneyProvider } from "../money/use-money.ts";
import { balanceKesCents, rateOf } from "../money/snapshot.ts";
import { firstRoute, followAddress, privateAddressOf } from "../navigation/address";
import { createNavigation, NavigationProvider } from "../navigation/navigation.ts";
import { useSnapshot } from "../node/index.ts";
import { PinPrompt } from "../screens/pin/lock-screen.tsx";
import { changeSettings, useSettings } from "../settings/settings.ts";
import type { WalletPreferencesStore } from "../settings/wallet-preferences.ts";
import type { Slot } from "../vault/vault.ts";
import { Overlay } from "../design/overlay.tsx";
import { preloadSettingsPages } from "../screens/lazy-screens.ts";
import { spendingGate } from "../session/spending-limit.ts";
import type { CurrentLimit } from "../session/spending-limit.ts";
import { useKeepStorage } from "../session/use-keep-storage.ts";
import { SessionProvider } from "../session/use-session.ts";
import type { Session } from "../session/use-session.ts";

/** When to load the settings pages: by then the first page is drawn and the node is starting. */
const preloadAfterMs = 2_000;

/** From this balance on, in cents of a shilling, the app asks to write down the 12 words. */
const wordsDueCents = 100_000n;

type PinRequest = {
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
export function SessionProviders({
  slot,
  walletId,
  preferences,
  onWiped,
  children,
}: SessionProvidersProps) {
  const { shell, money } = useWords();
  const settings = useSettings();
  const snapshot = useSnapshot();
  useKeepStorage();
  const [navigation] = useState(() => createNavigation(firstRoute(preferences.get().lookedAt)));
  const [pinRequest, setPinRequest] = useState<PinRequest | null>(null);
  const walletPreferences = useSyncExternalStore(
    preferences.subscribe,
    preferences.get,
    preferences.get,
  );
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
  const wordsDue = !walletPreferences.wordsChecked && cents !== null && cents >= wordsDueCents;
  const askPin = useCallback<Session["askPin"]>(
    (prompt) =>
      new Promise<boolean>((resolve) => {
        setPinRequest({ ...prompt, resolve });
      }),
    [],
  );
  const prompt = useRef({ title: "", detail: "" });
  prompt.current = { title: shell.authorizeTitle, detail: shell.authorizeDetail };
  const [authorize] = useState(() =>
    spendingGate(
      () => limit.current,
      () => askPin(prompt.current),
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
        hideAmounts: walletPreferences.hideAmounts,
        setHideAmounts: (hideAmounts: boolean) => {
          preferences.change({ hideAmounts });
        },
        msisdn: walletPreferences.msisdn,
        setMsisdn: (msisdn: string) => {
          preferences.change({ msisdn });
        },
        wordsDue,
      },
      authorize,
    }),
    [money, navigation, settings, walletPreferences, preferences, authorize, wordsDue],
  );
  const session = useMemo<Session>(
    () => ({ slot, walletId, preferences, askPin }),
    [slot, walletId, preferences, askPin],
  );
  const answer = (go: boolean) => {
    pinRequest?.resolve(go);
    setPinRequest(null);
  };
  return (
    <NavigationProvider value={navigation}>
      <SessionProvider value={session}>
        <MoneyProvider value={value}>
          {children}
          {pinRequest === null ? null : (
            <Overlay>
              <PinPrompt
                name="authorize"
                title={pinRequest.title}
                detail={pinRequest.detail}
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
