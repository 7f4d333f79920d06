import type { ReactElement } from "react";
import type { MoneySettings } from "../money/use-money.ts";
import type { Own } from "../settings/wallet-preferences.ts";
import type { Settings } from "../settings/settings.ts";
import type { Attempts } from "../vault/pin-attempts.ts";
import type { SealAvailability } from "../vault/device-encryption-types.ts";
import type { FixtureOptions } from "./fixture-wallet.ts";
import type { Opening } from "./open-wallet.ts";

/** What a hand does before the picture is taken. */
export type Step =
  | { readonly press: string }
  | { readonly type: string; readonly into: string }
  | { readonly seen: string };

/** One screen in one state. */
export type Frame = {
  readonly screen: () => ReactElement;
  readonly wallet?: FixtureOptions;
  readonly settings?: Partial<MoneySettings>;
  /** What the person chose on this device; the language and the theme are the picture's. */
  readonly chosen?: Partial<Settings>;
  /** What the open wallet remembers. */
  readonly own?: Partial<Own>;
  /** The device's own seal beside the PIN. */
  readonly seal?: SealAvailability;
  /** Before the language was chosen. */
  readonly unchosen?: true;
  /** A wallet is sealed on this device, under `framePin`. */
  readonly sealed?: true;
  readonly attempts?: Attempts;
  readonly opening?: Opening;
  readonly camera?: "shows" | "refused" | "none";
  readonly steps?: readonly Step[];
};

export const framePin = "258014";

/** The keys of a PIN, by the name of its page. */
export function pinSteps(name: string, pin: string = framePin): readonly Step[] {
  return pin.split("").map((digit) => ({ press: `${name}.key.${digit}` }));
}

/** The keys of an amount, by the name of its page. */
export function amountSteps(name: string, digits: string): readonly Step[] {
  return digits.split("").map((digit) => ({ press: `${name}.key.${digit}` }));
}
