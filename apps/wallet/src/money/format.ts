import { endOfTime, msatPerBtc, msatPerSat, nairobiOffsetMs } from "@satsconnect/money";

/*
 * Formats amounts and times. Amounts are bigints throughout; nothing here uses floats. Times are Kenya's, on a 24-hour
 * clock. East Africa stays on UTC+3 all year, so no time zone data is needed.
 */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Groups digits with commas, as in Kenya: `18,420`. */
export function grouped(value: bigint): string {
  return value.toString().replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** Whole shillings, rounded down, so that a balance is never shown as more than it is: `18,420`. */
export function kesFigure(cents: bigint): string {
  return grouped(cents / 100n);
}

/** Whole shillings, rounded to the nearest, for amounts that this phone pays: 97.99 is shown as 98. */
export function kesFigureNearest(cents: bigint): string {
  return grouped((cents + 50n) / 100n);
}

/** Shillings with cents, for sums that must add up: `2,000.00`. */
export function kesExact(cents: bigint): string {
  return `${grouped(cents / 100n)}.${(cents % 100n).toString().padStart(2, "0")}`;
}

/** Whole satoshis, rounded down: `15,575`. */
export function satsFigure(amountMsat: bigint): string {
  return grouped(amountMsat / msatPerSat);
}

/** Whole satoshis of an amount to pay, rounded up. */
export function satsFigureUp(amountMsat: bigint): string {
  return grouped((amountMsat + msatPerSat - 1n) / msatPerSat);
}

/** An amount in sats, with three decimals only if it is not a whole number: `1.250`. */
export function satsExact(amountMsat: bigint): string {
  const thousandths = amountMsat % msatPerSat;
  const whole = grouped(amountMsat / msatPerSat);
  return thousandths === 0n ? whole : `${whole}.${thousandths.toString().padStart(3, "0")}`;
}

/** The value of an amount of bitcoin in KES cents, rounded down. */
export function kesCentsOf(amountMsat: bigint, kesCentsPerBtc: bigint): bigint {
  return (amountMsat * kesCentsPerBtc) / msatPerBtc;
}

/** Like `kesCentsOf`, but rounded up: for fees and other maximum costs. */
export function kesCentsUpOf(amountMsat: bigint, kesCentsPerBtc: bigint): bigint {
  return (amountMsat * kesCentsPerBtc + msatPerBtc - 1n) / msatPerBtc;
}

/** The msat that an amount of shillings is worth before fees, rounded down. */
export function msatOf(kesCents: bigint, kesCentsPerBtc: bigint): bigint {
  return kesCentsPerBtc === 0n ? 0n : (kesCents * msatPerBtc) / kesCentsPerBtc;
}

/** KES cents per bitcoin from the API's rate, for example `10844580.90`. */
export function centsOfRate(kesPerBtc: string): bigint {
  const [whole = "0", fraction = ""] = kesPerBtc.split(".");
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0").slice(0, 2));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Clock time in Kenya: `14:34`. */
export function clock(at: number): string {
  const local = at + nairobiOffsetMs;
  return `${two(Math.floor(local / hour) % 24)}:${two(Math.floor(local / minute) % 60)}`;
}

/** Clock time in Kenya, with seconds: `14:32:04`. */
export function clockWithSeconds(at: number): string {
  return `${clock(at)}:${two(Math.floor((at + nairobiOffsetMs) / second) % 60)}`;
}

/** Days since 1970 in Kenya. Two times are on the same day when theirs are equal. */
export function dayNumber(at: number): number {
  return Math.floor((at + nairobiOffsetMs) / day);
}

/** Date and weekday in Kenya. Month and weekday count from 0, the week from Sunday. */
export function calendar(at: number): {
  readonly year: number;
  readonly month: number;
  readonly date: number;
  readonly weekday: number;
} {
  const local = new Date(at + nairobiOffsetMs);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth(),
    date: local.getUTCDate(),
    weekday: local.getUTCDay(),
  };
}

export type DayWords = {
  readonly weekdays: readonly string[];
  readonly months: readonly string[];
  readonly today: string;
  readonly yesterday: string;
};

/** `Today, Thursday 21 Nov`; with the year when it is not the current one. */
export function dayName(at: number, now: number, words: DayWords): string {
  const { year, month, date, weekday } = calendar(at);
  const written = `${words.weekdays[weekday] ?? ""} ${String(date)} ${words.months[month] ?? ""}`;
  const ago = dayNumber(now) - dayNumber(at);
  if (ago === 0) return `${words.today}, ${written}`;
  if (ago === 1) return `${words.yesterday}, ${written}`;
  return year === calendar(now).year ? written : `${written} ${String(year)}`;
}

/** `21 Nov, 14:33:12`; with the year when it is not the current one. */
export function dateAndTime(at: number, now: number, words: DayWords): string {
  const { year, month, date } = calendar(at);
  const years = year === calendar(now).year ? "" : ` ${String(year)}`;
  return `${String(date)} ${words.months[month] ?? ""}${years}, ${clockWithSeconds(at)}`;
}

/**
 * A deadline: the clock time, with the date when it is not today, and with the year when it is not this one: `14:36`,
 * `22 Nov 09:10`, `13 Oct 2226 11:27`.
 */
export function deadline(at: number, now: number, words: DayWords): string {
  if (dayNumber(at) === dayNumber(now)) return clock(at);
  const { year, month, date } = calendar(at);
  const years = year === calendar(now).year ? "" : ` ${String(year)}`;
  return `${String(date)} ${words.months[month] ?? ""}${years} ${clock(at)}`;
}

/** When a code expires: a deadline, or `never` for one without an end. */
export function codeEnd(at: number, now: number, days: DayWords, never: string): string {
  return at >= endOfTime ? never : deadline(at, now, days);
}

type TimeUnits = { readonly min: string; readonly h: string; readonly d: string };

/** Remaining time, short enough for the margin: `1:42`, `14 min`, `5 h`, `2 d`; never below `0:00`. */
export function countdown(leftMs: number, units: TimeUnits, gap = " "): string {
  const left = Math.max(0, Math.ceil(leftMs / second));
  if (left < 600) return `${String(Math.floor(left / 60))}:${two(left % 60)}`;
  if (left < 3_600) return `${String(Math.floor(left / 60))}${gap}${units.min}`;
  if (left < 172_800) return `${String(Math.floor(left / 3_600))}${gap}${units.h}`;
  return `${String(Math.floor(left / 86_400))}${gap}${units.d}`;
}

/** Remaining time in minutes and seconds, however long: `14:58`. */
export function minutesAndSeconds(leftMs: number): string {
  const left = Math.max(0, Math.ceil(leftMs / second));
  return `${String(Math.floor(left / 60))}:${two(left % 60)}`;
}
