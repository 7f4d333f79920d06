import { nairobiOffsetMs } from "@satsconnect/money";

/* Times are Kenya's, on a 24-hour clock; the UTC time is in the title of each. East Africa is UTC+3 all year. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export type TimeWords = {
  readonly months: readonly string[];
};

function local(at: number): Date {
  return new Date(at + nairobiOffsetMs);
}

/** Clock time in Kenya: `14:34`. */
export function clock(at: number): string {
  return local(at).toISOString().slice(11, 16);
}

function dayNumber(at: number): number {
  return Math.floor((at + nairobiOffsetMs) / day);
}

/** `21 Nov`; with the year when it is not that of `now`. */
function shortDate(at: number, now: number, words: TimeWords): string {
  const date = local(at);
  const year = date.getUTCFullYear();
  const written = `${String(date.getUTCDate())} ${words.months[date.getUTCMonth()] ?? ""}`;
  return year === local(now).getUTCFullYear() ? written : `${written} ${String(year)}`;
}

/** A moment that may be on another day: `14:34`, `21 Nov 14:34`. */
export function moment(at: number, now: number, words: TimeWords): string {
  return dayNumber(at) === dayNumber(now) ? clock(at) : `${shortDate(at, now, words)} ${clock(at)}`;
}

/** `2026-11-21 11:34:07 UTC`. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

type Units = { readonly min: string; readonly h: string; readonly d: string };

/** A span, short enough for the margin: `7 min`, `5 h`, `3 d`; never below one minute. */
export function span(ms: number, units: Units): string {
  const length = Math.max(minute, Math.abs(ms));
  if (length < hour) return `${String(Math.floor(length / minute))} ${units.min}`;
  if (length < 2 * day) return `${String(Math.floor(length / hour))} ${units.h}`;
  return `${String(Math.floor(length / day))} ${units.d}`;
}

/** The date in Kenya as ISO: `2026-11-21`. */
export function isoDate(at: number): string {
  return local(at).toISOString().slice(0, 10);
}
