import { randomBelow, randomText } from "../shared/entropy.ts";
import type { Entropy } from "../shared/entropy.ts";
import { compactTime, nairobiParts, two } from "./nairobi.ts";

const digitsAndCapitals = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const hexadecimal = "0123456789abcdef";

/**
 * An M-Pesa receipt number: year, month and day in one character each, then seven at random.
 * Observed: the date decodes from every official sample (SG632NMUAB is 2024-07-06, UJ22T8IYOU is 2026-10-02).
 */
export function receiptNumber(atMs: number, entropy: Entropy): string {
  return datePrefix(atMs) + randomText(entropy, digitsAndCapitals, 7);
}

/** The placeholder for a receipt when there is no transaction: `SKE0000000` (documented: Reversal). */
export function placeholderReceipt(atMs: number): string {
  return `${datePrefix(atMs)}0000000`;
}

/** `AG_20240706_2010` and 16 hex digits (documented: B2C). */
export function conversationId(atMs: number, entropy: Entropy): string {
  return `AG_${compactTime(atMs).slice(0, 8)}_2010${randomText(entropy, hexadecimal, 16)}`;
}

/**
 * `53e3-4aa8-9fe0-8fb5e4092cdd3533373`: the format of merchant request ids, request ids, and originator conversation
 * ids that the caller did not choose (documented).
 */
export function gatewayId(entropy: Entropy): string {
  const hex = (length: number) => randomText(entropy, hexadecimal, length);
  return `${hex(4)}-4${hex(3)}-${hex(4)}-${hex(12)}${1_000_000 + randomBelow(entropy, 9_000_000)}`;
}

/**
 * `ws_CO_`, Nairobi time, one to three digits of milliseconds, and the national number (observed: decoded from five
 * samples). It contains the phone number, so it is personal data.
 */
export function checkoutRequestId(atMs: number, msisdn: string): string {
  const { year, month, day, hour, minute, second, millisecond } = nairobiParts(atMs);
  const time = `${two(day)}${two(month)}${year}${two(hour)}${two(minute)}${two(second)}`;
  return `ws_CO_${time}${millisecond}${msisdn.slice(3)}`;
}

/** 28 characters (observed). */
export function accessToken(entropy: Entropy): string {
  return randomText(entropy, `${digitsAndCapitals}abcdefghijklmnopqrstuvwxyz`, 28);
}

function datePrefix(atMs: number): string {
  const { year, month, day } = nairobiParts(atMs);
  if (year < 2006 || year > 2031) {
    throw new RangeError(`M-Pesa's receipt format has no letter for the year ${year}`);
  }
  const letter = (index: number) => String.fromCharCode(65 + index);
  return letter(year - 2006) + letter(month - 1) + (day < 10 ? String(day) : letter(day - 10));
}
