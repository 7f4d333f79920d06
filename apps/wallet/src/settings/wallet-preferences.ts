import { base64 } from "@scure/base";
import { storage } from "../platform/storage";
import { openBytes, preferencesKey, sealBytes, sealOverheadBytes } from "../vault/keys.ts";
import type { Unlocked } from "../vault/vault.ts";

/** What one wallet remembers on this device. Sealed: neither another PIN nor who reads the storage learns any of it. */
export type WalletPreferences = {
  /** The M-Pesa number that was used last: `2547…`. */
  readonly msisdn: string | null;
  /** The words were written down and the quiz was passed. */
  readonly wordsChecked: boolean;
  readonly hideAmounts: boolean;
  /** What this device is called towards the operator: one id a wallet, so that nobody can tell that two share a phone. */
  readonly deviceId: string | null;
  /** The operator's API, without a path; null: the one that this app came with. */
  readonly server: string | null;
  /** Under which id the state with another operator lies, by that operator's API. */
  readonly places: Readonly<Record<string, string>>;
  /** The address of the order or payment that is looked at; null: of none. */
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

/** Two places of one size, as in the vault: noise where no wallet has written yet. */
function read(): readonly [string, string] {
  const text = storage.getItem(key);
  if (text !== null) return JSON.parse(text) as readonly [string, string];
  const noise = () => base64.encode(random(paddedBytes + sealOverheadBytes));
  return [noise(), noise()];
}

/** What the open wallet keeps for itself. What cannot be opened there is of another wallet, and is written over. */
export function openWalletPreferences({
  secret,
  slot,
}: Pick<Unlocked, "secret" | "slot">): WalletPreferencesStore {
  const under = preferencesKey(secret.mnemonic, secret.passphrase);
  const listeners = new Set<() => void>();
  const load = (): WalletPreferences => {
    const plain = openBytes(base64.decode(read()[slot]), under);
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
      // another tab may have written meanwhile
      current = { ...load(), ...change };
      const text = new TextEncoder().encode(JSON.stringify(current));
      if (text.length > paddedBytes) throw new RangeError("A wallet keeps less than this");
      const padded = new Uint8Array(paddedBytes).fill(0x20);
      padded.set(text);
      const places: [string, string] = [...read()];
      places[slot] = base64.encode(sealBytes(padded, under, random(24)));
      storage.setItem(key, JSON.stringify(places));
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

/** Both places become noise. */
export function deleteWalletPreferences(): void {
  storage.removeItem(key);
}
