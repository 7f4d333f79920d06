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
  // not in a backup, not on another device, and deleted when the screen lock is removed
  keychainAccessible: WHEN_PASSCODE_SET_THIS_DEVICE_ONLY,
} as const;
const nameOf = (handle: string): string => `satsconnect.seal.${handle}`;

/**
 * The phone's key store (Android Keystore, iOS Keychain): 32 random bytes, released only after a biometric check. The
 * system deletes them when the enrolled biometrics change; then only the words restore the wallet.
 */
export const deviceEncryption: DeviceEncryption = {
  availability,
  create,
  read,
  delete: deleteSecret,
};

async function availability(): Promise<DeviceEncryptionAvailability> {
  return canUseBiometricAuthentication() ? "ready" : "none";
}

async function create(): Promise<Result<DeviceSecret, DeviceEncryptionErrorCode>> {
  const secret = getRandomBytes(32);
  const handle = randomUUID();
  try {
    await setItemAsync(nameOf(handle), base64.encode(secret), options);
  } catch {
    return err("seal_refused", "The phone did not store the secret.", "safe");
  }
  // fail now rather than at the next unlock if it cannot be read back
  const opened = await read(handle);
  return opened.ok ? ok({ handle, secret: opened.value }) : opened;
}

async function read(handle: string): Promise<Result<Uint8Array, DeviceEncryptionErrorCode>> {
  let encoded: string | null;
  try {
    encoded = await getItemAsync(nameOf(handle), options);
  } catch {
    return err("seal_refused", "The phone did not release the secret.", "safe");
  }
  return encoded === null
    ? err("seal_lost", "The secret no longer exists on this phone.", "never")
    : ok(base64.decode(encoded));
}

async function deleteSecret(handle: string): Promise<void> {
  await deleteItemAsync(nameOf(handle), options);
}
