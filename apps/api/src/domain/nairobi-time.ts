/** Nairobi is UTC+3 all year. */
const nairobiOffsetMs = 3 * 3_600_000;
const dayMs = 24 * 3_600_000;

/** Midnight in Nairobi at the start of the day that contains `atMs`. */
export function nairobiMidnight(atMs: number): number {
  return atMs - ((atMs + nairobiOffsetMs) % dayMs);
}

/** `YYYYMMDDHHmmss` in Nairobi time, the format of Daraja's requests. */
export function nairobiTimestamp(atMs: number): string {
  return new Date(atMs + nairobiOffsetMs).toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

/** Reads `YYYYMMDDHHmmss` or `dd.MM.yyyy HH:mm:ss` in Nairobi time as UTC milliseconds; null if it is neither. */
export function readNairobiTime(text: string): number | null {
  const compact = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  const dotted = /^(\d{2})\.(\d{2})\.(\d{4}) (\d{2}):(\d{2}):(\d{2})$/.exec(text);
  const [year, month, day, ...time] =
    compact === null
      ? dotted === null
        ? []
        : [dotted[3], dotted[2], dotted[1], ...dotted.slice(4)]
      : compact.slice(1);
  if (year === undefined) return null;
  const value = Date.parse(`${year}-${month}-${day}T${time.join(":")}+03:00`);
  return Number.isNaN(value) ? null : value;
}
