import type { ReactElement } from "react";
import type { MoneySettings } from "../money/use-money.ts";
import type { WalletPreferences } from "../settings/wallet-preferences.ts";
import type { Settings } from "../settings/settings.ts";
import type { PinAttempts } from "../vault/pin-attempts.ts";
import type { DeviceEncryptionAvailability } from "../vault/device-encryption-types.ts";
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
  readonly preferences?: Partial<WalletPreferences>;
  /** The device's preferences seal beside the PIN. */
  readonly seal?: DeviceEncryptionAvailability;
  /** Before the language was chosen. */
  readonly unchosen?: true;
  /** A wallet is sealed on this device, under `framePin`. */
  readonly sealed?: true;
  readonly attempts?: PinAttempts;
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
