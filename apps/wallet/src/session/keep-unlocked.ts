import { useEffect } from "react";

const holds = new Set<symbol>();
const listeners = new Set<() => void>();

export function isKeptUnlocked(): boolean {
  return holds.size > 0;
}

/** Hears when nothing holds it open any more. Returns how to end that. */
export function onKeepUnlockedEnded(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * For a page that is looked at without being touched, and that a lock would cut off: a locked wallet's node stops, and
 * takes nothing in.
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
