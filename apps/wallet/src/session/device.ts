import { deviceName } from "../platform/device-name";
import type { OwnStore } from "../settings/wallet-preferences.ts";

/** What this device is called towards the operator: one id a wallet, so that nobody can tell that two share a phone. */
export function deviceOf(own: OwnStore): { readonly id: string; readonly name: string } {
  const known = own.get().deviceId;
  const id = known ?? crypto.randomUUID();
  if (known === null) own.change({ deviceId: id });
  return { id, name: deviceName() };
}
