import { normalizeMsisdn } from "@satsconnect/contracts/msisdn";

/*
 * Kenyan mobile numbers: parsing, formatting and masking. An MSISDN is the international form without a plus:
 * `254712345678`.
 */

/** Parses a number as people write and paste it into an MSISDN; null when it is not a Kenyan mobile number. */
export function parseMsisdn(text: string): string | null {
  const number = normalizeMsisdn(text);
  return number.ok ? number.value : null;
}

/** `0712 345 678`; null when the text is not a Kenyan mobile number. */
export function formatPhone(text: string): string | null {
  const national = parseMsisdn(text)?.slice(3);
  return national === undefined
    ? null
    : `0${national.slice(0, 3)} ${national.slice(3, 6)} ${national.slice(6)}`;
}

/** `0712 ••• 678`, for screens that others may see: enough to recognise one's own number. */
export function maskPhone(text: string): string {
  const formatted = formatPhone(text);
  return formatted === null ? text : `${formatted.slice(0, 4)} ••• ${formatted.slice(-3)}`;
}

/** Formats a number that the operator has masked: `2547•••••678` becomes `07•• ••• 678`. */
export function formatMaskedPhone(masked: string): string {
  const match = /^254([17])\S*?(\d{3})$/u.exec(masked);
  return match === null ? masked : `0${match[1] ?? ""}•• ••• ${match[2] ?? ""}`;
}
