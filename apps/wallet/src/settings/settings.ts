import { useSyncExternalStore } from "react";
import { storage } from "../platform/storage";

export const languages = ["en", "sw"] as const;
export type Language = (typeof languages)[number];

/** What a person chose for this device, whichever wallet is open. It lies in clear, so nothing of it is personal. */
export type Settings = {
  /** Null before the first choice. */
  readonly language: Language | null;
  readonly theme: "system" | "light" | "dark";
  readonly currencyFirst: "kes" | "sats";
  readonly lockAfterMs: number;
  /** Above this the PIN is asked for again. */
  readonly askPinAboveKesCents: string;
  /** After ten wrong PINs everything on this device is deleted. */
  readonly wipeAfterTen: boolean;
};

const key = "satsconnect.settings";
const initial: Settings = {
  language: null,
  theme: "system",
  currencyFirst: "kes",
  lockAfterMs: 60_000,
  askPinAboveKesCents: "500000",
  wipeAfterTen: false,
};

let current = read();
const listeners = new Set<() => void>();

function read(): Settings {
  const text = storage.getItem(key);
  if (text === null) return initial;
  try {
    return { ...initial, ...(JSON.parse(text) as Partial<Settings>) };
  } catch {
    return initial;
  }
}

/** Changes settings; every screen that shows them is drawn again. */
export function changeSettings(change: Partial<Settings>): void {
  current = { ...current, ...change };
  storage.setItem(key, JSON.stringify(current));
  for (const listener of listeners) listener();
}

/** Forgets every choice but the language. */
export function resetSettings(): void {
  changeSettings({ ...initial, language: current.language });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function useSettings(): Settings {
  return useSyncExternalStore(
    subscribe,
    () => current,
    () => current,
  );
}
