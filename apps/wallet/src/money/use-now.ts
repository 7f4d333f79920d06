import { useEffect, useState } from "react";

/** The current time, updated every `everyMs` while `runs` is true. */
export function useNow(runs: boolean, everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    if (!runs) return;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [runs, everyMs]);
  return now;
}
