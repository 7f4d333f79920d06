import { base64 } from "@scure/base";
import { storage } from "../platform/storage";
import { afterWrong, noAttempts } from "./attempts.ts";
import type { Attempts } from "./attempts.ts";
import { seal, slotBytes, unseal } from "./sealing.ts";
import type { Secret } from "./sealing.ts";
import { stretch } from "./stretch";

/**
 * The words of a wallet, sealed under a PIN, on this device. There are always two slots of one size in an order that
 * chance decides: the wallet's, and one for a decoy under another PIN, which is noise where there is none. Nobody can
 * tell from what is stored whether a second wallet exists.
 */
type Stored = {
  readonly version: 1;
  readonly salt: string;
  readonly slots: readonly [string, string];
};

const vaultKey = "satsconnect.vault";
const attemptsKey = "satsconnect.attempts";

function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

function read(): Stored | null {
  const text = storage.getItem(vaultKey);
  return text === null ? null : (JSON.parse(text) as Stored);
}

function write(salt: Uint8Array, slots: readonly [Uint8Array, Uint8Array]): void {
  const stored: Stored = {
    version: 1,
    salt: base64.encode(salt),
    slots: [base64.encode(slots[0]), base64.encode(slots[1])],
  };
  storage.setItem(vaultKey, JSON.stringify(stored));
}

/** One key a slot: a PIN that opens one says nothing of the other. */
function keysOf(stretched: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [stretched.subarray(0, 32), stretched.subarray(32)];
}

export function hasVault(): boolean {
  return read() !== null;
}

/** Seals a wallet's words under a PIN, in place of whatever was there. */
export async function createVault(secret: Secret, pin: string): Promise<void> {
  const salt = random(16);
  const keys = keysOf(await stretch(pin, salt));
  const place = (random(1)[0] ?? 0) & 1;
  const slots: [Uint8Array, Uint8Array] = [random(slotBytes), random(slotBytes)];
  slots[place] = seal(secret, keys[place === 0 ? 0 : 1], random(24));
  write(salt, slots);
  saveAttempts(noAttempts);
}

export type Unlocked = { readonly secret: Secret; readonly slot: 0 | 1 };

/** Opens what this PIN opens; null for a wrong one, which is counted. */
export async function unlock(pin: string, now: number): Promise<Unlocked | null> {
  const found = await open(pin);
  saveAttempts(found === null ? afterWrong(readAttempts(), now) : noAttempts);
  return found;
}

async function open(pin: string): Promise<Unlocked | null> {
  const stored = read();
  if (stored === null) return null;
  const keys = keysOf(await stretch(pin, base64.decode(stored.salt)));
  for (const slot of [0, 1] as const) {
    const secret = unseal(base64.decode(stored.slots[slot]), keys[slot]);
    if (secret !== null) return { secret, slot };
  }
  return null;
}

/** Seals an open slot under another PIN. False: that PIN opens the other slot already. */
export async function changePin(opened: Unlocked, pin: string): Promise<boolean> {
  return put(opened.slot, opened.secret, pin);
}

/** Puts a decoy under a PIN of its own into the slot that is not open, over whatever is there. False: the PIN is taken. */
export async function setDecoy(opened: Unlocked, decoy: Secret, pin: string): Promise<boolean> {
  return put(opened.slot === 0 ? 1 : 0, decoy, pin);
}

async function put(slot: 0 | 1, secret: Secret, pin: string): Promise<boolean> {
  const stored = read();
  if (stored === null) return false;
  const salt = base64.decode(stored.salt);
  const keys = keysOf(await stretch(pin, salt));
  const slots: [Uint8Array, Uint8Array] = [
    base64.decode(stored.slots[0]),
    base64.decode(stored.slots[1]),
  ];
  const other = slot === 0 ? 1 : 0;
  if (unseal(slots[other], keys[other]) !== null) return false;
  slots[slot] = seal(secret, keys[slot], random(24));
  write(salt, slots);
  return true;
}

export function readAttempts(): Attempts {
  const text = storage.getItem(attemptsKey);
  return text === null ? noAttempts : (JSON.parse(text) as Attempts);
}

function saveAttempts(attempts: Attempts): void {
  storage.setItem(attemptsKey, JSON.stringify(attempts));
}

/** Deletes the sealed words. Without them on paper the wallet is gone. */
export function deleteVault(): void {
  storage.removeItem(vaultKey);
  storage.removeItem(attemptsKey);
}
