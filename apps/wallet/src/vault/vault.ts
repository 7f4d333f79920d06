import { base64 } from "@scure/base";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { storage } from "../platform/storage";
import {
  afterCorrectPin,
  afterWrongPin,
  atCurrentClock,
  isLocked,
  noAttempts,
} from "./pin-attempts.ts";
import type { PinAttempts } from "./pin-attempts.ts";
import { deviceEncryption } from "./device-encryption";
import type { DeviceEncryptionErrorCode } from "./device-encryption-types.ts";
import { openBytes, sealBytes, slotKeys } from "./keys.ts";
import { sealSeed, slotBytes, unsealSeed } from "./seal-seed.ts";
import type { Secret } from "./seal-seed.ts";
import { stretchPin } from "./stretch-pin";

/**
 * A wallet's words, encrypted on this device under a PIN and a device key. There are always two slots of one size in
 * random order: the wallet's, and one for a decoy wallet under another PIN, random bytes where there is none. The vault
 * does not reveal whether a second wallet exists; that wallet's state in the device's storage does, to someone who
 * reads the storage with tools.
 *
 * The device key is stored in clear, or encrypted by the device (`DeviceEncryption`), for both slots alike: then a
 * guessed PIN opens nothing without the device's check, and neither slot reveals the other.
 */
type Stored = {
  readonly version: 2;
  readonly salt: string;
  readonly slots: readonly [string, string];
  readonly device:
    | { readonly kind: "open"; readonly key: string }
    | { readonly kind: "sealed"; readonly handle: string; readonly key: string };
};

export type Slot = 0 | 1;

export type Unlocked = {
  readonly secret: Secret;
  readonly slot: Slot;
  /** The device key. Both slots are encrypted under it as well as under their PIN. */
  readonly deviceKey: Uint8Array;
};

const vaultKey = "satsconnect.vault";
const attemptsKey = "satsconnect.attempts";

function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

function read(): Stored | null {
  const text = storage.getItem(vaultKey);
  if (text === null) return null;
  const stored = JSON.parse(text) as Stored;
  return stored.version === 2 ? stored : null;
}

function write(stored: Stored): void {
  storage.setItem(vaultKey, JSON.stringify(stored));
}

/** Calls `onDeleted` when the vault is deleted in another tab. Returns the function that unsubscribes. */
export function followVault(onDeleted: () => void): () => void {
  // an app on a phone has no tabs
  if (typeof globalThis.addEventListener !== "function") return () => undefined;
  const onStorage = ({ key, newValue }: StorageEvent) => {
    if (newValue === null && (key === vaultKey || key === null)) onDeleted();
  };
  globalThis.addEventListener("storage", onStorage);
  return () => {
    globalThis.removeEventListener("storage", onStorage);
  };
}

export function hasVault(): boolean {
  return read() !== null;
}

/**
 * Stores a wallet's words under a PIN. Never overwrites a vault, not even one that another tab created in the meantime:
 * its words may not be on paper yet. Then it returns `vault_exists`.
 */
export async function createVault(
  secret: Secret,
  pin: string,
): Promise<Result<Unlocked, "vault_exists">> {
  const salt = random(16);
  const deviceKey = random(32);
  const keys = slotKeys(await stretchPin(pin, salt), deviceKey);
  if (hasVault()) return err("vault_exists", "This device already has a wallet.", "never");
  const slot: Slot = ((random(1)[0] ?? 0) & 1) === 0 ? 0 : 1;
  const slots: [Uint8Array, Uint8Array] = [random(slotBytes), random(slotBytes)];
  slots[slot] = sealSeed(secret, keys[slot], random(24));
  write({
    version: 2,
    salt: base64.encode(salt),
    slots: [base64.encode(slots[0]), base64.encode(slots[1])],
    device: { kind: "open", key: base64.encode(deviceKey) },
  });
  saveAttempts(noAttempts);
  return ok({ secret, slot, deviceKey });
}

/**
 * Decrypts the slot that belongs to this PIN. A wrong PIN is counted and returns `pin_wrong`. During a back-off, also
 * one that began in another tab, no PIN is tried: `pin_locked`. If the device does not release its key, the PIN is
 * neither tried nor counted.
 * @param only the slot of the open wallet: the other slot's PIN counts as wrong
 */
export async function unlock(
  pin: string,
  now: number,
  only?: Slot,
): Promise<Result<Unlocked, "pin_wrong" | "pin_locked" | DeviceEncryptionErrorCode>> {
  const stored = read();
  if (stored === null) return wrongPin();
  if (isLocked(readAttempts(now), now)) return locked();
  const deviceKey = await deviceKeyOf(stored);
  if (!deviceKey.ok) return deviceKey;
  const keys = slotKeys(await stretchPin(pin, base64.decode(stored.salt)), deviceKey.value);
  // another tab may have started a back-off in the meantime: then do not reveal whether this PIN was right
  if (isLocked(readAttempts(now), now)) return locked();
  for (const slot of [0, 1] as const) {
    const secret = unsealSeed(base64.decode(stored.slots[slot]), keys[slot]);
    if (secret === null || (only !== undefined && only !== slot)) continue;
    saveAttempts(afterCorrectPin(readAttempts(now), now));
    return ok({ secret, slot, deviceKey: deviceKey.value });
  }
  saveAttempts(afterWrongPin(readAttempts(now), now));
  return wrongPin();
}

function locked(): Result<never, "pin_locked"> {
  return err("pin_locked", "Too many wrong PINs.", "safe");
}

function wrongPin(): Result<never, "pin_wrong"> {
  return err("pin_wrong", "Wrong PIN.", "safe");
}

async function deviceKeyOf({
  device,
}: Stored): Promise<Result<Uint8Array, DeviceEncryptionErrorCode>> {
  if (device.kind === "open") return ok(base64.decode(device.key));
  const secret = await deviceEncryption.read(device.handle);
  if (!secret.ok) return secret;
  const key = openBytes(base64.decode(device.key), secret.value);
  return key === null ? err("seal_lost", "The device returned a different key.", "never") : ok(key);
}

/** Whether the device's check is needed besides the PIN. */
export function isDeviceEncryptionOn(): boolean {
  return read()?.device.kind === "sealed";
}

/**
 * Encrypts the device key with the device's own key store, so that a PIN alone opens nothing. Applies to both slots.
 */
export async function turnOnDeviceEncryption({
  deviceKey,
}: Unlocked): Promise<Result<void, DeviceEncryptionErrorCode>> {
  const made = await deviceEncryption.create();
  if (!made.ok) return made;
  const stored = read();
  if (stored === null) return err("seal_lost", "There is no vault on this device.", "never");
  const { handle, secret } = made.value;
  const key = base64.encode(sealBytes(deviceKey, secret, random(24)));
  write({ ...stored, device: { kind: "sealed", handle, key } });
  return ok(undefined);
}

/** Stores the device key in clear again, so that the PIN alone opens the wallet. */
export async function turnOffDeviceEncryption({ deviceKey }: Unlocked): Promise<void> {
  const stored = read();
  if (stored === null || stored.device.kind !== "sealed") return;
  write({ ...stored, device: { kind: "open", key: base64.encode(deviceKey) } });
  await deviceEncryption.delete(stored.device.handle);
}

/**
 * Moves the open slot to another PIN. Returns false when that PIN already opens the other slot, or when the vault was
 * deleted or replaced. Counts as a failed attempt, because the result reveals something about the other PIN.
 */
export async function changePin(opened: Unlocked, pin: string, now: number): Promise<boolean> {
  const done = await writeSlot(opened, opened.slot, opened.secret, pin);
  saveAttempts(afterWrongPin(readAttempts(now), now));
  return done;
}

/**
 * Stores a decoy wallet under its own PIN in the slot that is not open, overwriting it. Returns false when the PIN
 * already opens the open slot, or when the vault was deleted or replaced.
 */
export async function setDecoy(opened: Unlocked, decoy: Secret, pin: string): Promise<boolean> {
  return writeSlot(opened, opened.slot === 0 ? 1 : 0, decoy, pin);
}

async function writeSlot(
  { deviceKey }: Unlocked,
  slot: Slot,
  secret: Secret,
  pin: string,
): Promise<boolean> {
  const before = read();
  if (before === null) return false;
  const keys = slotKeys(await stretchPin(pin, base64.decode(before.salt)), deviceKey);
  // another tab may have changed the vault in the meantime
  const stored = read();
  if (stored === null || stored.salt !== before.salt) return false;
  const slots: [Uint8Array, Uint8Array] = [
    base64.decode(stored.slots[0]),
    base64.decode(stored.slots[1]),
  ];
  const other = slot === 0 ? 1 : 0;
  if (unsealSeed(slots[other], keys[other]) !== null) return false;
  slots[slot] = sealSeed(secret, keys[slot], random(24));
  write({ ...stored, slots: [base64.encode(slots[0]), base64.encode(slots[1])] });
  return true;
}

export function readAttempts(now: number): PinAttempts {
  const text = storage.getItem(attemptsKey);
  if (text === null) return noAttempts;
  const stored = { ...noAttempts, ...(JSON.parse(text) as Partial<PinAttempts>) };
  const attempts = atCurrentClock(stored, now);
  if (attempts !== stored) saveAttempts(attempts);
  return attempts;
}

function saveAttempts(attempts: PinAttempts): void {
  storage.setItem(attemptsKey, JSON.stringify(attempts));
}

/** Deletes the encrypted words. Without them on paper the wallet is lost. */
export async function deleteVault(): Promise<void> {
  const device = read()?.device;
  storage.removeItem(vaultKey);
  storage.removeItem(attemptsKey);
  if (device?.kind === "sealed") await deviceEncryption.delete(device.handle);
}
