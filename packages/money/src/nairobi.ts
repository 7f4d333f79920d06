/** Nairobi is UTC+3 all year. M-Pesa's dates, tariffs and daily limits are in Nairobi time; everything else is in UTC. */
export const nairobiOffsetMs = 3 * 3_600_000;

const dayMs = 24 * 3_600_000;

/**
 * Reads a date and time in Nairobi, `2023-08-01T00:00:00`, as milliseconds since 1970; NaN when it is not one, such as
 * 30 February, which `Date.parse` takes for 2 March.
 */
export function parseNairobiTime(isoWithoutZone: string): number {
  const parsed = Date.parse(`${isoWithoutZone}Z`);
  if (Number.isNaN(parsed)) return Number.NaN;
  return new Date(parsed).toISOString().startsWith(isoWithoutZone)
    ? parsed - nairobiOffsetMs
    : Number.NaN;
}

/** Midnight in Nairobi at the start of the day that contains `atMs`. */
export function nairobiMidnight(atMs: number): number {
  return Math.floor((atMs + nairobiOffsetMs) / dayMs) * dayMs - nairobiOffsetMs;
}
