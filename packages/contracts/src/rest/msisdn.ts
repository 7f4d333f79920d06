import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/**
 * Parses a Kenyan mobile number (0712 345 678, +254712345678, 254112345678) and returns the MSISDN that M-Pesa takes:
 * 2547XXXXXXXX or 2541XXXXXXXX. Errors: `msisdn_invalid`.
 */
export function normalizeMsisdn(text: string): Result<string, "msisdn_invalid"> {
  const national = /^(?:\+?254|0)?([17]\d{8})$/.exec(text.replaceAll(/[\s-]/g, ""))?.[1];
  return national === undefined
    ? err(
        "msisdn_invalid",
        "This is not a Kenyan mobile number. Write it like 0712 345 678 or +254712345678.",
        "never",
      )
    : ok(`254${national}`);
}

/** An MSISDN with its middle hidden, for screens and logs: people recognise their own number and cannot call others'. */
export function maskMsisdn(msisdn: string): string {
  return `${msisdn.slice(0, 4)}•••••${msisdn.slice(-3)}`;
}
