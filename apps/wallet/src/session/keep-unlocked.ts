import { useEffect } from "react";

const holds = new Set<symbol>();
const listeners = new Set<() => void>();

export function isKeptUnlocked(): boolean {
  return holds.size > 0;
}

/** Calls the listener when no page keeps the wallet open any more. Returns the function that unsubscribes. */
export function onKeepUnlockedEnded(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * Keeps the wallet unlocked while the calling page is shown, for pages that people watch without touching. When the
 * wallet is locked, its node stops and receives nothing.
 */
export function useKeepUnlocked(isOpen = true): void {
  useEffect(() => {
    if (!isOpen) return;
    const hold = Symbol("hold");
    holds.add(hold);
    return () => {
      holds.delete(hold);
      if (holds.size === 0) for (const listener of listeners) listener();
    };
  }, [isOpen]);
}
