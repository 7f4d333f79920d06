import { nairobiOffsetMs, parseNairobiTime } from "@satsconnect/money";

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
  const value = parseNairobiTime(`${year}-${month}-${day}T${time.join(":")}`);
  return Number.isNaN(value) ? null : value;
}
