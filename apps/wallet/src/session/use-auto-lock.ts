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
      } else hiddenAt ??= Date.now();
    });
    return () => {
      watching.remove();
    };
  }, [afterMs, lock]);
}
