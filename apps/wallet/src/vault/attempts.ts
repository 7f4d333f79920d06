/** Wrong PINs since the last right one, and until when none is taken. */
export type Attempts = { readonly wrong: number; readonly lockedUntil: number };

export const noAttempts: Attempts = { wrong: 0, lockedUntil: 0 };

const minute = 60_000;
const waits: readonly (readonly [wrong: number, waitMs: number])[] = [
  [10, 240 * minute],
  [9, 120 * minute],
  [7, 30 * minute],
  [5, 5 * minute],
  [3, minute],
];

/** Tries that are left before the next wait. */
export function triesLeft({ wrong }: Attempts): number {
  const next = waits.map(([count]) => count).filter((count) => count > wrong);
  return next.length === 0 ? 1 : Math.min(...next) - wrong;
}

/** One more wrong PIN: from the third on each round of tries is followed by a longer wait. */
export function afterWrong({ wrong }: Attempts, now: number): Attempts {
  const count = wrong + 1;
  const wait = waits.find(([from]) => count === from || (from === 10 && count > 10));
  return { wrong: count, lockedUntil: wait === undefined ? 0 : now + wait[1] };
}

/** Whether everything on this device is to be deleted now, for who chose that. */
export function wipes({ wrong }: Attempts, wipeAfterTen: boolean): boolean {
  return wipeAfterTen && wrong >= 10;
}
