import { cleanPasted, err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** Longer texts are not searched for a number. */
export const maxPhoneTextLength = 200;

/** Scheme of a link to a phone. A contact book's `TEL;TYPE=CELL:` is not a link; its letters are skipped as a label is. */
const scheme = /^(?:tel|sms|smsto|callto):(?:\/\/)?/iu;
/** An extension makes another number of it. */
const extension = /;(?:ext|isub)=/iu;
/** Between two digits of one number. A slash or a semicolon is not: it separates two numbers. */
const marks = /[\s\-.,()[\]{}<>'"_·•∙⋅]+/gu;
const beyondNumber = /[^\d+\s\-.,()[\]{}<>'"_·•∙⋅]+/u;
/** A lone letter that could be a mistyped digit, unless a colon makes it a label. */
const lookalikeDigit = /(?<![\p{L}\p{N}])[oilsbzq](?![\p{L}\p{N}:])/iu;

const invalid = (message: string) => err("msisdn_invalid" as const, message, "never");

/**
 * Reads a Kenyan mobile number as people write and paste it (0712 345 678, +254 (0)712-345-678, 00254712345678,
 * `tel:` links, a contact's name beside it) and returns the MSISDN that M-Pesa takes: 2547XXXXXXXX or 2541XXXXXXXX. Every
 * digit of the text must belong to the number, which may be repeated. Errors: `msisdn_invalid`.
 */
export function normalizeMsisdn(text: string): Result<string, "msisdn_invalid"> {
  const found = text.length > maxPhoneTextLength ? [] : numbersIn(cleanPasted(text));
  const [first, ...others] = new Set(found);
  if (first === undefined || found.includes(null))
    return invalid(
      "This is not a Kenyan mobile number. Write it like 0712 345 678 or +254712345678.",
    );
  return others.length > 0 || first === null
    ? invalid("There is more than one number here. Keep the one to use.")
    : ok(first);
}

/** The numbers of a text; null for digits that are not a Kenyan mobile number. */
function numbersIn(cleaned: string): readonly (string | null)[] {
  const number = withoutScheme(cleaned.replace(/^[\s"'<([=]+/u, ""));
  if (
    number === undefined ||
    /\p{L}\d|\d\p{L}|[*#\u202e]/u.test(number) ||
    lookalikeDigit.test(number)
  )
    return [];
  const written = chunksOf(number);
  // A contact card has one number on each line; a narrow column breaks one number into two lines.
  return written.every((chunk) => numberOf(chunk) !== null)
    ? written.map(numberOf)
    : written.flatMap((chunk) => chunk.split("\n").filter(hasDigit)).map(numberOf);
}

const hasDigit = (chunk: string): boolean => /\d/u.test(chunk);
const chunksOf = (text: string): readonly string[] => text.split(beyondNumber).filter(hasDigit);

function numberOf(chunk: string): string | null {
  const national = /^(?:(?:\+|00)?2540?|0)?([17]\d{8})$/u.exec(chunk.replaceAll(marks, ""))?.[1];
  return national === undefined ? null : `254${national}`;
}

/** Undefined for a link that does not lead to a mobile phone. */
function withoutScheme(text: string): string | undefined {
  const link = scheme.exec(text)?.[0];
  if (link === undefined) return text;
  if (extension.test(text)) return undefined;
  const [subscriber = ""] = text.slice(link.length).split(/[;?]/u);
  try {
    return cleanPasted(decodeURIComponent(subscriber));
  } catch {
    return undefined;
  }
}

/** An MSISDN with its middle hidden, for screens and logs: people recognise their own number and cannot call others'. */
export function maskMsisdn(msisdn: string): string {
  return `${msisdn.slice(0, 4)}•••••${msisdn.slice(-3)}`;
}
