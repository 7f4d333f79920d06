import { useEffect } from "react";
import { AppState } from "react-native";
import { followTouches } from "../platform/touches";
import { AutoLock } from "./auto-lock.ts";
import type { LockClock } from "./auto-lock.ts";
import { isKeptUnlocked, onKeepUnlockedEnded } from "./keep-unlocked.ts";

const clock: LockClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Calls `lock` when the app was out of sight or untouched for `afterMs`. See `AutoLock`. */
export function useAutoLock(afterMs: number, lock: () => void): void {
  useEffect(() => {
    const idle = new AutoLock({ afterMs, clock, isKeptUnlocked, lock });
    const appState = AppState.addEventListener("change", (state) => {
      if (state === "active") idle.show();
      else idle.hide(state === "background");
    });
    const unsubscribers = [
      followTouches(() => {
        idle.touch();
      }),
      onKeepUnlockedEnded(() => {
        idle.keepUnlockedEnded();
      }),
    ];
    return () => {
      idle.stop();
      appState.remove();
      for (const unsubscribe of unsubscribers) unsubscribe();
    };
  }, [afterMs, lock]);
}
