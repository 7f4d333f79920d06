import { useEffect } from "react";
import { AppState } from "react-native";

/** Locks when the app was out of sight for longer than this. */
export function useAutoLock(afterMs: number, lock: () => void): void {
  useEffect(() => {
    let hiddenAt: number | null = null;
    const watching = AppState.addEventListener("change", (state) => {
      if (state === "active") {
        if (hiddenAt !== null && Date.now() - hiddenAt >= afterMs) lock();
        hiddenAt = null;
        return;
      }
      // at once, so that nothing is seen of it where the system shows its open apps
      if (afterMs === 0 && state === "background") lock();
      else hiddenAt ??= Date.now();
    });
    return () => {
      watching.remove();
    };
  }, [afterMs, lock]);
}
