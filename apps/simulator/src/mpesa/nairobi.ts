import { nairobiOffsetMs } from "@satsconnect/money";

type Parts = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
};

export function nairobiParts(atMs: number): Parts {
  const shifted = new Date(atMs + nairobiOffsetMs);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    millisecond: shifted.getUTCMilliseconds(),
  };
}

/** `20240706224852`, as in callbacks (documented: M-Pesa Express, Transaction Status). */
export function compactTime(atMs: number): string {
  const { year, month, day, hour, minute, second } = nairobiParts(atMs);
  return `${year}${two(month)}${two(day)}${two(hour)}${two(minute)}${two(second)}`;
}

/** `06.07.2024 22:48:52`, as in B2C results (documented). */
export function dottedTime(atMs: number): string {
  const { year, month, day, hour, minute, second } = nairobiParts(atMs);
  return `${two(day)}.${two(month)}.${year} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/** `6/7/24`, as in M-Pesa's text messages. */
export function shortDate(atMs: number): string {
  const { year, month, day } = nairobiParts(atMs);
  return `${day}/${month}/${two(year % 100)}`;
}

/** `10:48 PM`, as in M-Pesa's text messages in both languages. */
export function clockTime(atMs: number): string {
  const { hour, minute } = nairobiParts(atMs);
  return `${hour % 12 === 0 ? 12 : hour % 12}:${two(minute)} ${hour < 12 ? "AM" : "PM"}`;
}

/** `22:48`, as in a phone's status bar. */
export function wallTime(atMs: number): string {
  const { hour, minute } = nairobiParts(atMs);
  return `${two(hour)}:${two(minute)}`;
}

export function two(value: number): string {
  return value.toString().padStart(2, "0");
}
