import { deviceName } from "../platform/device-name";
import type { WalletPreferencesStore } from "../settings/wallet-preferences.ts";

/** What this device is called towards the operator: one id a wallet, so that nobody can tell that two share a phone. */
export function deviceOf(preferences: WalletPreferencesStore): {
  readonly id: string;
  readonly name: string;
} {
  const known = preferences.get().deviceId;
  const id = known ?? crypto.randomUUID();
  if (known === null) preferences.change({ deviceId: id });
  return { id, name: deviceName() };
}
