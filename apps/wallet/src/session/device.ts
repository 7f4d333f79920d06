import { storage } from "../platform/storage";

/** What this device is called towards the operator: one id a wallet, so that nobody can tell that two share a phone. */
export function deviceOf(walletId: string): { readonly id: string; readonly name: string } {
  const key = `satsconnect.device.${walletId}`;
  const known = storage.getItem(key);
  if (known !== null) return { id: known, name: deviceName };
  const id = crypto.randomUUID();
  storage.setItem(key, id);
  return { id, name: deviceName };
}

const deviceName = "SatsConnect";
