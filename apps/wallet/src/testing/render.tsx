import { configure, render } from "@testing-library/react";
import type { ReactElement } from "react";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { ThemeProvider } from "../design/theme.tsx";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { MoneyProvider } from "../money/use-money.ts";
import type { Money } from "../money/use-money.ts";
import { createNavigation, NavigationProvider } from "../navigation/navigation.ts";
import type { Navigation } from "../navigation/navigation.ts";
import { SessionProvider } from "../session/use-session.ts";
import type { Session } from "../session/use-session.ts";
import { WalletProvider } from "../node/use-wallet.ts";
import { fixtureWallet } from "./fixture-wallet.ts";
import type { FixtureOptions } from "./fixture-wallet.ts";

configure({ testIdAttribute: "data-testid" });

const frame = { x: 0, y: 0, width: 360, height: 740 };
const insets = { top: 0, left: 0, right: 0, bottom: 0 };

/** Renders a screen over a fixture wallet, in English. Returns the navigation, to see where the screen has led. */
export function renderScreen(
  screen: ReactElement,
  {
    wallet,
    reducedMotion = false,
    authorize = async () => true,
    hideAmounts = false,
  }: {
    readonly wallet?: FixtureOptions;
    readonly reducedMotion?: boolean;
    readonly authorize?: Money["authorize"];
    readonly hideAmounts?: boolean;
  } = {},
): Navigation {
  const navigation = createNavigation();
  render(
    <SafeAreaProvider initialMetrics={{ frame, insets }}>
      <ThemeProvider choice="light" reducedMotion={reducedMotion}>
        <NavigationProvider value={navigation}>
          <SessionProvider value={fixtureSession(hideAmounts)}>
            <WalletProvider client={fixtureWallet(wallet)}>
              <MoneyProvider
                value={{
                  words: moneyEn,
                  navigation,
                  settings: {
                    currencyFirst: "kes",
                    setCurrencyFirst: () => undefined,
                    hideAmounts,
                    setHideAmounts: () => undefined,
                    msisdn: "254712345408",
                    setMsisdn: () => undefined,
                    wordsDue: false,
                  },
                  authorize,
                }}
              >
                {screen}
              </MoneyProvider>
            </WalletProvider>
          </SessionProvider>
        </NavigationProvider>
      </ThemeProvider>
    </SafeAreaProvider>,
  );
  return navigation;
}

/** A session that accepts every PIN. */
function fixtureSession(hideAmounts: boolean): Session {
  const preferences = {
    msisdn: null,
    wordsChecked: true,
    hideAmounts,
    deviceId: null,
    server: null,
    places: {},
    lookedAt: null,
  };
  return {
    slot: 0,
    walletId: "fixture",
    preferences: {
      get: () => preferences,
      change: () => undefined,
      subscribe: () => () => undefined,
    },
    askPin: async () => true,
  };
}
