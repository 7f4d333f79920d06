import { deviceName } from "../platform/device-name";
import type { WalletPreferencesStore } from "../settings/wallet-preferences.ts";

/**
 * This device's id and name as the operator sees them. Each wallet has an id of its own, so that the operator cannot
 * link two wallets on one phone.
 */
export function deviceOf(preferences: WalletPreferencesStore): {
  readonly id: string;
  readonly name: string;
} {
  const known = preferences.get().deviceId;
  const id = known ?? crypto.randomUUID();
  if (known === null) preferences.change({ deviceId: id });
  return { id, name: deviceName() };
}
