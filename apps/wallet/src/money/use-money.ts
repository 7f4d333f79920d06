import { createContext, useContext } from "react";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";

/** Where the money screens lead. */
export type MoneyRoute =
  | { readonly name: "home" | "buy" | "sell" | "receive" | "history" }
  | { readonly name: "scan"; readonly forPage?: "leave" }
  | { readonly name: "send"; readonly text?: string }
  | { readonly name: "order"; readonly orderId: string }
  | { readonly name: "receipt"; readonly id: string }
  | { readonly name: "settings" | "words" }
  | { readonly name: "help" }
  | { readonly name: "leave"; readonly address?: string };

type MoneyNavigation = {
  readonly go: (route: MoneyRoute) => void;
  readonly back: () => void;
  readonly replace: (route: MoneyRoute) => void;
  readonly reset: (route: MoneyRoute) => void;
};

/** What the money screens remember of the person, kept on this phone. */
export type MoneySettings = {
  readonly currencyFirst: "kes" | "sats";
  readonly setCurrencyFirst: (currency: "kes" | "sats") => void;
  readonly hideAmounts: boolean;
  readonly setHideAmounts: (hide: boolean) => void;
  /** `2547…`; null before the first buy. */
  readonly msisdn: string | null;
  readonly setMsisdn: (msisdn: string) => void;
  /** The words should be written down now. */
  readonly wordsDue: boolean;
};

export type Money = {
  readonly words: MoneyWords;
  readonly navigation: MoneyNavigation;
  readonly settings: MoneySettings;
  /** Asks for the PIN again where an amount is above the person's limit; resolves whether to go on. */
  readonly authorize: (amountMsat: bigint) => Promise<boolean>;
};

const MoneyContext = createContext<Money | null>(null);

export const MoneyProvider = MoneyContext.Provider;

/** Words, ways and settings of the money screens. */
export function useMoney(): Money {
  const money = useContext(MoneyContext);
  if (money === null) throw new Error("useMoney is used outside MoneyProvider");
  return money;
}
