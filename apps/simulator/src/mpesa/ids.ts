import { randomBelow, randomText } from "../shared/entropy.ts";
import type { Entropy } from "../shared/entropy.ts";
import { compactTime, nairobiParts, two } from "./nairobi.ts";

const digitsAndLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const hexadecimal = "0123456789abcdef";

/**
 * An M-Pesa receipt number: year, month and day in one character each, then seven at random.
 * Observed: the date decodes from every official sample (SG632NMUAB is 2024-07-06, UJ22T8IYOU is 2026-10-02).
 */
export function receiptNumber(atMs: number, entropy: Entropy): string {
  return datePrefix(atMs) + randomText(entropy, digitsAndLetters, 7);
}

/** What stands where a receipt would, when no transaction was made: `SKE0000000` (documented: Reversal). */
export function placeholderReceipt(atMs: number): string {
  return `${datePrefix(atMs)}0000000`;
}

/** `AG_20240706_2010` and sixteen more digits (documented: B2C). */
export function conversationId(atMs: number, entropy: Entropy): string {
  return `AG_${compactTime(atMs).slice(0, 8)}_2010${randomText(entropy, hexadecimal, 16)}`;
}

/**
 * `53e3-4aa8-9fe0-8fb5e4092cdd3533373`: what the gateway calls a request. Merchant request ids, request ids and
 * originator conversation ids that the caller did not choose all have this form (documented).
 */
export function gatewayId(entropy: Entropy): string {
  const hex = (length: number) => randomText(entropy, hexadecimal, length);
  return `${hex(4)}-4${hex(3)}-${hex(4)}-${hex(12)}${1_000_000 + randomBelow(entropy, 9_000_000)}`;
}

/**
 * `ws_CO_`, the Nairobi time, one to three digits of the second's fraction, the national number: it carries the phone
 * number, so it is personal data (observed: decoded from five samples).
 */
export function checkoutRequestId(atMs: number, msisdn: string): string {
  const { year, month, day, hour, minute, second, millisecond } = nairobiParts(atMs);
  const time = `${two(day)}${two(month)}${year}${two(hour)}${two(minute)}${two(second)}`;
  return `ws_CO_${time}${millisecond}${msisdn.slice(3)}`;
}

/** 28 characters (observed). */
export function accessToken(entropy: Entropy): string {
  return randomText(entropy, `${digitsAndLetters}abcdefghijklmnopqrstuvwxyz`, 28);
}

function datePrefix(atMs: number): string {
  const { year, month, day } = nairobiParts(atMs);
  if (year < 2006 || year > 2031) {
    throw new RangeError(`M-Pesa's receipts have no letter for the year ${year}`);
  }
  const letter = (index: number) => String.fromCharCode(65 + index);
  return letter(year - 2006) + letter(month - 1) + (day < 10 ? String(day) : letter(day - 10));
}
