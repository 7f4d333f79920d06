import { base64 } from "@scure/base";
import { storage } from "../platform/storage";
import { openBytes, preferencesKey, sealBytes, sealOverheadBytes } from "../vault/keys.ts";
import type { Unlocked } from "../vault/vault.ts";

/**
 * One wallet's preferences on this device. Stored encrypted under a key from the wallet's words: neither another PIN
 * nor someone who reads the storage learns any of them. The property names are the stored JSON's.
 */
export type WalletPreferences = {
  /** The last M-Pesa number used, as `2547…`. */
  readonly msisdn: string | null;
  /** The words were written down and the quiz was passed. */
  readonly wordsChecked: boolean;
  readonly hideAmounts: boolean;
  /** This device's id at the operator. One per wallet, so that the operator cannot link two wallets on one phone. */
  readonly deviceId: string | null;
  /** URL of the operator's API, without a path; null for the operator that this app came with. */
  readonly server: string | null;
  /** Storage id of the wallet's state with each other operator, by the URL of its API. */
  readonly places: Readonly<Record<string, string>>;
  /** Address of the order or payment on screen; null on any other page. */
  readonly lookedAt: string | null;
};

export type WalletPreferencesStore = {
  readonly get: () => WalletPreferences;
  readonly change: (change: Partial<WalletPreferences>) => void;
  readonly subscribe: (listener: () => void) => () => void;
};

const key = "satsconnect.own";
const paddedBytes = 4_096;
const initial: WalletPreferences = {
  msisdn: null,
  wordsChecked: false,
  hideAmounts: false,
  deviceId: null,
  server: null,
  places: {},
  lookedAt: null,
};

function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Two slots of one size, as in the vault: random bytes where no wallet has written yet. */
function read(): readonly [string, string] {
  const text = storage.getItem(key);
  if (text !== null) return JSON.parse(text) as readonly [string, string];
  const randomSlot = () => base64.encode(random(paddedBytes + sealOverheadBytes));
  return [randomSlot(), randomSlot()];
}

/**
 * Opens the preferences of an unlocked wallet. Content that does not decrypt belongs to another wallet; it is treated
 * as empty and overwritten by the next change.
 */
export function openWalletPreferences({
  secret,
  slot,
}: Pick<Unlocked, "secret" | "slot">): WalletPreferencesStore {
  const encryptionKey = preferencesKey(secret.mnemonic, secret.passphrase);
  const listeners = new Set<() => void>();
  const load = (): WalletPreferences => {
    const plain = openBytes(base64.decode(read()[slot]), encryptionKey);
    if (plain === null) return initial;
    return {
      ...initial,
      ...(JSON.parse(new TextDecoder().decode(plain)) as Partial<WalletPreferences>),
    };
  };
  let current = load();
  return {
    get: () => current,
    change(change) {
      // another tab may have written in the meantime
      current = { ...load(), ...change };
      const text = new TextEncoder().encode(JSON.stringify(current));
      if (text.length > paddedBytes)
        throw new RangeError("The preferences do not fit into 4096 bytes");
      const padded = new Uint8Array(paddedBytes).fill(0x20);
      padded.set(text);
      const slots: [string, string] = [...read()];
      slots[slot] = base64.encode(sealBytes(padded, encryptionKey, random(24)));
      storage.setItem(key, JSON.stringify(slots));
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

/** Deletes the preferences of both slots. */
export function deleteWalletPreferences(): void {
  storage.removeItem(key);
}
