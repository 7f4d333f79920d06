/** Wrong PINs that are not forgiven, until when none is taken, and when the last one was. */
export type PinAttempts = {
  readonly wrong: number;
  readonly lockedUntil: number;
  readonly at: number;
};

export const noAttempts: PinAttempts = { wrong: 0, lockedUntil: 0, at: 0 };

const minute = 60_000;
/** A right PIN forgives wrong ones that are older than this. Not at once: who knows a decoy's PIN would never wait. */
const forgivenAfterMs = 10 * minute;
const waits: readonly (readonly [wrong: number, waitMs: number])[] = [
  [10, 240 * minute],
  [9, 120 * minute],
  [7, 30 * minute],
  [5, 5 * minute],
  [3, minute],
];
/** A page may look with the time of its last second. */
const clockSlackMs = 5_000;

/** Tries that are left before the next wait. */
export function triesLeft({ wrong }: PinAttempts): number {
  const next = waits.map(([count]) => count).filter((count) => count > wrong);
  return next.length === 0 ? 1 : Math.min(...next) - wrong;
}

/** One more wrong PIN: from the third on each round of tries is followed by a longer wait. */
export function afterWrongPin({ wrong }: PinAttempts, now: number): PinAttempts {
  const count = wrong + 1;
  return { wrong: count, lockedUntil: now + waitOf(count), at: now };
}

/** A right PIN, whichever wallet it opens. */
export function afterCorrectPin(attempts: PinAttempts, now: number): PinAttempts {
  return now - attempts.at >= forgivenAfterMs ? noAttempts : attempts;
}

/**
 * What is stored, at a clock that may have been set back since: a wait is never longer than it was, and begins again
 * then.
 */
export function atCurrentClock(stored: PinAttempts, now: number): PinAttempts {
  if (stored.at <= now + clockSlackMs) return stored;
  return { ...stored, at: now, lockedUntil: now + waitOf(stored.wrong) };
}

export function isLocked({ lockedUntil }: PinAttempts, now: number): boolean {
  return lockedUntil > now;
}

function waitOf(count: number): number {
  return waits.find(([from]) => count === from || (from === 10 && count > 10))?.[1] ?? 0;
}

/** Whether everything on this device is to be deleted now, for who chose that. */
export function shouldWipe({ wrong }: PinAttempts, wipeAfterTen: boolean): boolean {
  return wipeAfterTen && wrong >= 10;
}
