import { createContext, useContext } from "react";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";

/** The pages that money screens navigate to. */
export type MoneyRoute =
  | { readonly name: "home" | "buy" | "sell" | "receive" | "history" }
  | { readonly name: "scan"; readonly forPage?: "leave" }
  | { readonly name: "send"; readonly text?: string }
  | { readonly name: "order"; readonly orderId: string }
  | { readonly name: "receipt"; readonly id: string }
  | { readonly name: "settings" | "words" }
  | { readonly name: "help" | "older-state" }
  | { readonly name: "leave"; readonly address?: string };

type MoneyNavigation = {
  readonly go: (route: MoneyRoute) => void;
  readonly back: () => void;
  readonly replace: (route: MoneyRoute) => void;
  readonly reset: (route: MoneyRoute) => void;
};

/** Settings and preferences that the money screens read and change. */
export type MoneySettings = {
  readonly currencyFirst: "kes" | "sats";
  readonly setCurrencyFirst: (currency: "kes" | "sats") => void;
  readonly hideAmounts: boolean;
  readonly setHideAmounts: (hide: boolean) => void;
  /** `2547…`; null before the first buy. */
  readonly msisdn: string | null;
  readonly setMsisdn: (msisdn: string) => void;
  /** The balance is large enough to ask for writing down the 12 words. */
  readonly wordsDue: boolean;
};

export type Money = {
  readonly words: MoneyWords;
  readonly navigation: MoneyNavigation;
  readonly settings: MoneySettings;
  /** Asks for the PIN where an amount exceeds the spending limit; resolves whether to continue. */
  readonly authorize: (amountMsat: bigint) => Promise<boolean>;
};

const MoneyContext = createContext<Money | null>(null);

export const MoneyProvider = MoneyContext.Provider;

/** Strings, navigation and settings of the money screens. */
export function useMoney(): Money {
  const money = useContext(MoneyContext);
  if (money === null) throw new Error("useMoney is used outside MoneyProvider");
  return money;
}
