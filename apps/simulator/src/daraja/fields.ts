import { err, fiat, kes, ok } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";

/** A request body. Numeric fields may be numbers or strings; Daraja's own samples mix them. */
export type Body = Readonly<Record<string, unknown>>;

export type Invalid = "invalid_field";

/** Parses a body. Error `invalid_field` when it is not a JSON object. */
export function parseBody(raw: string): Result<Body, Invalid> {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return invalid("Request Payload");
  }
  return isBody(value) ? ok(value) : invalid("Request Payload");
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function member(body: Body, field: string): Body {
  const value = body[field];
  return isBody(value) ? value : {};
}

/** A string or integer field as text; empty when it is missing. */
export function textOf(body: Body, field: string): string {
  const value = body[field];
  if (typeof value === "string") return value.trim();
  if (typeof value === "number" && Number.isSafeInteger(value)) return value.toString();
  return "";
}

export function textField(
  body: Body,
  field: string,
  {
    minLength = 1,
    maxLength,
    pattern,
  }: { minLength?: number; maxLength?: number; pattern?: RegExp } = {},
): Result<string, Invalid> {
  const value = textOf(body, field);
  if (value.length < minLength) return invalid(field);
  if (maxLength !== undefined && value.length > maxLength) return invalid(field);
  if (pattern !== undefined && value.length > 0 && !pattern.test(value)) return invalid(field);
  return ok(value);
}

/** 5 to 7 digits (documented: 5 to 6; longer ones exist). */
export function shortcodeField(body: Body, field: string): Result<string, Invalid> {
  return textField(body, field, { pattern: /^\d{5,7}$/ });
}

/** `2547XXXXXXXX` or `2541XXXXXXXX`; 07…, 01… and +254… are refused (documented, community). */
export function msisdnField(body: Body, field: string): Result<string, Invalid> {
  return textField(body, field, { pattern: /^254[17]\d{8}$/ });
}

/** Whole shillings above zero, as a string or a number (documented). Limits are checked later. */
export function amountField(body: Body, field: string): Result<Fiat<"KES">, Invalid> {
  const value = textOf(body, field);
  if (!/^[1-9]\d{0,9}$/.test(value)) return invalid(field);
  return ok(kes(BigInt(value)));
}

/** An amount with up to two decimals, as in a reversal. */
export function amountWithCentsField(body: Body, field: string): Result<Fiat<"KES">, Invalid> {
  const value = body[field];
  const written = typeof value === "number" ? value.toString() : textOf(body, field);
  const match = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(written);
  if (match?.[1] === undefined) return invalid(field);
  const cents = BigInt(match[1]) * 100n + BigInt((match[2] ?? "").padEnd(2, "0"));
  return cents === 0n ? invalid(field) : ok(fiat("KES", cents));
}

/** `YYYYMMDDHHmmss`, a valid date and time. M-Pesa does not compare it with the current time (observed). */
export function timestampField(body: Body, field: string): Result<string, Invalid> {
  const value = textOf(body, field);
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(value);
  if (match === null) return invalid(field);
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const at = new Date(
    Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0),
  );
  return at.toISOString().replaceAll(/[-T:]/g, "").startsWith(value) ? ok(value) : invalid(field);
}

/**
 * A callback URL: HTTPS, or plain HTTP to this machine (assumed, for development). With `refuseWords`, M-Pesa's
 * forbidden words are refused in host and path: `mpesa` and `safaricom` anywhere, the short ones as whole words
 * (documented for C2B URLs; the parts of the URL are assumed).
 */
export function urlField(body: Body, field: string, refuseWords: boolean): Result<string, Invalid> {
  const value = textOf(body, field);
  if (value.length > 2_000 || !URL.canParse(value)) return invalid(field);
  const url = new URL(value);
  const local = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) return invalid(field);
  const forbidden =
    /mpesa|m-pesa|safaricom|\b(?:exe|exec|cmd|sql|query)\b|ngrok|mockbin|requestbin/i;
  if (refuseWords && forbidden.test(`${url.hostname}${url.pathname}`)) return invalid(field);
  return ok(value);
}

/** The error's message is the field's name, for `Bad Request - Invalid <field>`. */
function invalid(field: string): Result<never, Invalid> {
  return err("invalid_field", field, "never");
}
