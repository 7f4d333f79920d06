import { useEffect, useState } from "react";

/** The time of now, redrawn once a second (or as asked) while something counts; still otherwise. */
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
