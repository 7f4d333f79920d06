import { useEffect } from "react";
import { AppState } from "react-native";
import { followTouches } from "../platform/touches";
import { AutoLock } from "./auto-lock.ts";
import type { LockClock } from "./auto-lock.ts";
import { isKeptUnlocked, onKeepUnlockedEnded } from "./keep-unlocked.ts";

const clock: LockClock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Locks when the app was out of sight, or untouched, for longer than this. */
export function useAutoLock(afterMs: number, lock: () => void): void {
  useEffect(() => {
    const idle = new AutoLock({ afterMs, clock, isHeld: isKeptUnlocked, lock });
    const watching = AppState.addEventListener("change", (state) => {
      if (state === "active") idle.show();
      else idle.hide(state === "background");
    });
    const ends = [
      followTouches(() => {
        idle.touch();
      }),
      onKeepUnlockedEnded(() => {
        idle.released();
      }),
    ];
    return () => {
      idle.stop();
      watching.remove();
      for (const end of ends) end();
    };
  }, [afterMs, lock]);
}
