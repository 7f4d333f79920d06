import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { base64 } from "@scure/base";
import { getRandomBytes, randomUUID } from "expo-crypto";
import {
  canUseBiometricAuthentication,
  deleteItemAsync,
  getItemAsync,
  setItemAsync,
  WHEN_PASSCODE_SET_THIS_DEVICE_ONLY,
} from "expo-secure-store";
import type {
  DeviceEncryption,
  DeviceSecret,
  DeviceEncryptionAvailability,
  DeviceEncryptionErrorCode,
} from "./device-encryption-types.ts";

const options = {
  requireAuthentication: true,
  // never in a backup, never on another device, and gone when the screen lock goes
  keychainAccessible: WHEN_PASSCODE_SET_THIS_DEVICE_ONLY,
} as const;
const nameOf = (handle: string): string => `satsconnect.seal.${handle}`;

/**
 * The phone's key store (Android Keystore, iOS Keychain): 32 random bytes that are given out only to a finger or a face.
 * When the enrolled fingers change the system throws them away, and only the words help.
 */
export const deviceEncryption: DeviceEncryption = { availability, make, open, forget };

async function availability(): Promise<DeviceEncryptionAvailability> {
  return canUseBiometricAuthentication() ? "ready" : "none";
}

async function make(): Promise<Result<DeviceSecret, DeviceEncryptionErrorCode>> {
  const secret = getRandomBytes(32);
  const handle = randomUUID();
  try {
    await setItemAsync(nameOf(handle), base64.encode(secret), options);
  } catch {
    return err("seal_refused", "The phone did not take the secret.", "safe");
  }
  // what cannot be read back now could not be later
  const opened = await open(handle);
  return opened.ok ? ok({ handle, secret: opened.value }) : opened;
}

async function open(handle: string): Promise<Result<Uint8Array, DeviceEncryptionErrorCode>> {
  let kept: string | null;
  try {
    kept = await getItemAsync(nameOf(handle), options);
  } catch {
    return err("seal_refused", "The phone did not give the secret out.", "safe");
  }
  return kept === null
    ? err("seal_lost", "The phone has no such secret any more.", "never")
    : ok(base64.decode(kept));
}

async function forget(handle: string): Promise<void> {
  await deleteItemAsync(nameOf(handle), options);
}
