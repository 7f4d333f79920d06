import type { ReactElement } from "react";
import type { MoneySettings } from "../money/use-money.ts";
import type { WalletPreferences } from "../settings/wallet-preferences.ts";
import type { Settings } from "../settings/settings.ts";
import type { PinAttempts } from "../vault/pin-attempts.ts";
import type { DeviceEncryptionAvailability } from "../vault/device-encryption-types.ts";
import type { FixtureOptions } from "./fixture-wallet.ts";
import type { Opening } from "./open-wallet.ts";

/** An action on the screen before the picture is taken. */
export type Step =
  | { readonly press: string }
  | { readonly type: string; readonly into: string }
  | { readonly seen: string };

/** One screen in one state. */
export type Frame = {
  readonly screen: () => ReactElement;
  readonly wallet?: FixtureOptions;
  readonly settings?: Partial<MoneySettings>;
  /** Settings of the device. Language and theme come from the picture. */
  readonly deviceSettings?: Partial<Settings>;
  /** Preferences of the open wallet. */
  readonly preferences?: Partial<WalletPreferences>;
  /** Whether the device offers device encryption. */
  readonly deviceEncryption?: DeviceEncryptionAvailability;
  /** No language has been chosen yet. */
  readonly noLanguage?: true;
  /** The device has a vault, which `framePin` opens. */
  readonly hasVault?: true;
  readonly attempts?: PinAttempts;
  readonly opening?: Opening;
  readonly camera?: "shows" | "refused" | "none";
  readonly steps?: readonly Step[];
};

export const framePin = "258014";

/** Presses the keys of a PIN on the page of that name. */
export function pinSteps(name: string, pin: string = framePin): readonly Step[] {
  return pin.split("").map((digit) => ({ press: `${name}.key.${digit}` }));
}

/** Presses the keys of an amount on the page of that name. */
export function amountSteps(name: string, digits: string): readonly Step[] {
  return digits.split("").map((digit) => ({ press: `${name}.key.${digit}` }));
}
