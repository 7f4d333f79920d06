/** Wrong PINs that are not forgiven, until when none is taken, and when the last one was. */
export type Attempts = {
  readonly wrong: number;
  readonly lockedUntil: number;
  readonly at: number;
};

export const noAttempts: Attempts = { wrong: 0, lockedUntil: 0, at: 0 };

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
export function triesLeft({ wrong }: Attempts): number {
  const next = waits.map(([count]) => count).filter((count) => count > wrong);
  return next.length === 0 ? 1 : Math.min(...next) - wrong;
}

/** One more wrong PIN: from the third on each round of tries is followed by a longer wait. */
export function afterWrong({ wrong }: Attempts, now: number): Attempts {
  const count = wrong + 1;
  return { wrong: count, lockedUntil: now + waitOf(count), at: now };
}

/** A right PIN, whichever wallet it opens. */
export function afterRight(attempts: Attempts, now: number): Attempts {
  return now - attempts.at >= forgivenAfterMs ? noAttempts : attempts;
}

/**
 * What is stored, at a clock that may have been set back since: a wait is never longer than it was, and begins again
 * then.
 */
export function attemptsAt(stored: Attempts, now: number): Attempts {
  if (stored.at <= now + clockSlackMs) return stored;
  return { ...stored, at: now, lockedUntil: now + waitOf(stored.wrong) };
}

export function isLocked({ lockedUntil }: Attempts, now: number): boolean {
  return lockedUntil > now;
}

function waitOf(count: number): number {
  return waits.find(([from]) => count === from || (from === 10 && count > 10))?.[1] ?? 0;
}

/** Whether everything on this device is to be deleted now, for who chose that. */
export function wipes({ wrong }: Attempts, wipeAfterTen: boolean): boolean {
  return wipeAfterTen && wrong >= 10;
}
