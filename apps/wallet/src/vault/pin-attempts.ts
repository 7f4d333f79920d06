/**
 * Failed PIN attempts, the end of the current back-off, and the time of the last failure, both in ms since 1970. Stored
 * under these names.
 */
export type PinAttempts = {
  readonly wrong: number;
  readonly lockedUntil: number;
  readonly at: number;
};

export const noAttempts: PinAttempts = { wrong: 0, lockedUntil: 0, at: 0 };

const minute = 60_000;
/**
 * A correct PIN clears failures older than this, but not newer ones: otherwise someone who knows a decoy's PIN would
 * never have to wait.
 */
const forgivenAfterMs = 10 * minute;
const backOffs: readonly (readonly [wrong: number, backOffMs: number])[] = [
  [10, 240 * minute],
  [9, 120 * minute],
  [7, 30 * minute],
  [5, 5 * minute],
  [3, minute],
];
/** A screen may pass a `now` that is up to a second old. */
const clockSlackMs = 5_000;

/** Attempts left before the next back-off. */
export function attemptsLeft({ wrong }: PinAttempts): number {
  const next = backOffs.map(([count]) => count).filter((count) => count > wrong);
  return next.length === 0 ? 1 : Math.min(...next) - wrong;
}

/** Counts a wrong PIN. From the third on, each round of attempts is followed by a longer back-off. */
export function afterWrongPin({ wrong }: PinAttempts, now: number): PinAttempts {
  const count = wrong + 1;
  return { wrong: count, lockedUntil: now + backOffMs(count), at: now };
}

/** The attempts after a correct PIN, whichever wallet it opens. */
export function afterCorrectPin(attempts: PinAttempts, now: number): PinAttempts {
  return now - attempts.at >= forgivenAfterMs ? noAttempts : attempts;
}

/**
 * The stored attempts, adjusted to a clock that was set back after the last failure: the back-off then starts again
 * with its full length, never longer.
 */
export function atCurrentClock(stored: PinAttempts, now: number): PinAttempts {
  if (stored.at <= now + clockSlackMs) return stored;
  return { ...stored, at: now, lockedUntil: now + backOffMs(stored.wrong) };
}

export function isLocked({ lockedUntil }: PinAttempts, now: number): boolean {
  return lockedUntil > now;
}

function backOffMs(count: number): number {
  return backOffs.find(([from]) => count === from || (from === 10 && count > 10))?.[1] ?? 0;
}

/** Whether to delete every wallet on this device now: only where the person chose that, from the tenth failure on. */
export function shouldWipe({ wrong }: PinAttempts, wipeAfterTen: boolean): boolean {
  return wipeAfterTen && wrong >= 10;
}
