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
import { seal, slotBytes, unseal } from "./seal-seed.ts";
import type { Secret } from "./seal-seed.ts";
import { stretch } from "./stretch-pin";

/**
 * The words of a wallet, sealed on this device under a PIN and a key of the device. There are always two slots of one
 * size in an order that chance decides: the wallet's, and one for a decoy under another PIN, which is noise where there
 * is none. The vault does not tell whether a second wallet exists; the state that such a wallet keeps beside it does,
 * to somebody who reads the device's storage with tools.
 *
 * The device's key lies here in clear, or sealed by the device (`DeviceEncryption`), for both slots alike: a PIN that is
 * guessed opens nothing then without the finger, and neither slot shows that there is another.
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
  /** Of this device; both slots are sealed under it too. */
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

/** Hears when it is deleted in another tab. Returns how to end that. */
export function followVault(onDeleted: () => void): () => void {
  // a phone's app has no tabs
  if (typeof globalThis.addEventListener !== "function") return () => undefined;
  const heard = ({ key, newValue }: StorageEvent) => {
    if (newValue === null && (key === vaultKey || key === null)) onDeleted();
  };
  globalThis.addEventListener("storage", heard);
  return () => {
    globalThis.removeEventListener("storage", heard);
  };
}

export function hasVault(): boolean {
  return read() !== null;
}

/**
 * Seals a wallet's words under a PIN. A vault that is there is never written over, whoever made it meanwhile in another
 * tab: its words may be on no paper yet.
 */
export async function createVault(
  secret: Secret,
  pin: string,
): Promise<Result<Unlocked, "vault_exists">> {
  const salt = random(16);
  const deviceKey = random(32);
  const keys = slotKeys(await stretch(pin, salt), deviceKey);
  if (hasVault()) return err("vault_exists", "There is a wallet on this device.", "never");
  const slot: Slot = ((random(1)[0] ?? 0) & 1) === 0 ? 0 : 1;
  const slots: [Uint8Array, Uint8Array] = [random(slotBytes), random(slotBytes)];
  slots[slot] = seal(secret, keys[slot], random(24));
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
 * Opens what this PIN opens. `pin_wrong` is counted; where the device refuses its key the PIN is not even tried. While
 * one waits, in whichever tab, no PIN is taken: `pin_locked`.
 * @param only the slot of the wallet that is open: the other one's PIN is a wrong one there
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
  const keys = slotKeys(await stretch(pin, base64.decode(stored.salt)), deviceKey.value);
  // other tabs may have tried meanwhile: then this one does not even say whether it was right
  if (isLocked(readAttempts(now), now)) return locked();
  for (const slot of [0, 1] as const) {
    const secret = unseal(base64.decode(stored.slots[slot]), keys[slot]);
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
  return err("pin_wrong", "This PIN opens nothing here.", "safe");
}

async function deviceKeyOf({
  device,
}: Stored): Promise<Result<Uint8Array, DeviceEncryptionErrorCode>> {
  if (device.kind === "open") return ok(base64.decode(device.key));
  const secret = await deviceEncryption.open(device.handle);
  if (!secret.ok) return secret;
  const key = openBytes(base64.decode(device.key), secret.value);
  return key === null
    ? err("seal_lost", "The device gave another key than it did.", "never")
    : ok(key);
}

/** Whether the device's own lock is needed beside the PIN. */
export function isDeviceEncryptionOn(): boolean {
  return read()?.device.kind === "sealed";
}

/** Puts the device's key under its own lock, so that a PIN alone opens nothing. For both slots at once. */
export async function turnOnDeviceEncryption({
  deviceKey,
}: Unlocked): Promise<Result<void, DeviceEncryptionErrorCode>> {
  const made = await deviceEncryption.make();
  if (!made.ok) return made;
  const stored = read();
  if (stored === null) return err("seal_lost", "There is nothing to seal.", "never");
  const { handle, secret } = made.value;
  const key = base64.encode(sealBytes(deviceKey, secret, random(24)));
  write({ ...stored, device: { kind: "sealed", handle, key } });
  return ok(undefined);
}

/** Leaves the wallet to the PIN alone again. */
export async function turnOffDeviceEncryption({ deviceKey }: Unlocked): Promise<void> {
  const stored = read();
  if (stored === null || stored.device.kind !== "sealed") return;
  write({ ...stored, device: { kind: "open", key: base64.encode(deviceKey) } });
  await deviceEncryption.forget(stored.device.handle);
}

/**
 * Seals an open slot under another PIN. False: that PIN opens the other slot already. Counted as a try, because the answer
 * says something of the other PIN.
 */
export async function changePin(opened: Unlocked, pin: string, now: number): Promise<boolean> {
  const done = await put(opened, opened.slot, opened.secret, pin);
  saveAttempts(afterWrongPin(readAttempts(now), now));
  return done;
}

/** Puts a decoy under a PIN of its own into the slot that is not open, over whatever is there. False: the PIN is taken. */
export async function setDecoy(opened: Unlocked, decoy: Secret, pin: string): Promise<boolean> {
  return put(opened, opened.slot === 0 ? 1 : 0, decoy, pin);
}

async function put(
  { deviceKey }: Unlocked,
  slot: Slot,
  secret: Secret,
  pin: string,
): Promise<boolean> {
  const before = read();
  if (before === null) return false;
  const keys = slotKeys(await stretch(pin, base64.decode(before.salt)), deviceKey);
  // another tab may have changed it meanwhile
  const stored = read();
  if (stored === null || stored.salt !== before.salt) return false;
  const slots: [Uint8Array, Uint8Array] = [
    base64.decode(stored.slots[0]),
    base64.decode(stored.slots[1]),
  ];
  const other = slot === 0 ? 1 : 0;
  if (unseal(slots[other], keys[other]) !== null) return false;
  slots[slot] = seal(secret, keys[slot], random(24));
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

/** Deletes the sealed words. Without them on paper the wallet is gone. */
export async function deleteVault(): Promise<void> {
  const device = read()?.device;
  storage.removeItem(vaultKey);
  storage.removeItem(attemptsKey);
  if (device?.kind === "sealed") await deviceEncryption.forget(device.handle);
}
