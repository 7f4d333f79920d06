import { useSyncExternalStore } from "react";
import { storage } from "../platform/storage";

export const languages = ["en", "sw"] as const;
export type Language = (typeof languages)[number];

/** Settings of this device, the same for every wallet on it. Stored in clear, so they hold nothing personal. */
export type Settings = {
  /** Null before a language was chosen. */
  readonly language: Language | null;
  readonly theme: "system" | "light" | "dark";
  readonly currencyFirst: "kes" | "sats";
  readonly lockAfterMs: number;
  /** In cents of a shilling; larger amounts ask for the PIN. `"0"`: always ask. */
  readonly askPinAboveKesCents: string;
  /** Delete every wallet on this device after ten wrong PINs. */
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

/** Changes and stores settings; components that use them re-render. */
export function changeSettings(change: Partial<Settings>): void {
  current = { ...current, ...change };
  storage.setItem(key, JSON.stringify(current));
  for (const listener of listeners) listener();
}

/** Resets every setting except the language. */
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
