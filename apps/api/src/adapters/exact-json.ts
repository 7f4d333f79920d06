import { cleanPasted, fiat } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";

/** JSON with numbers as their source text, so that amounts and 14-digit dates never pass through a float. */
export type RawJson =
  | string
  | boolean
  | null
  | readonly RawJson[]
  | { readonly [name: string]: RawJson };

type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context: { source?: string },
) => unknown;

/** Returns null if the text is not JSON, e.g. an HTML page or an empty body. A byte-order mark before it is skipped. */
export function parseRaw(text: string): RawJson | null {
  const keepSource: Reviver = (_key, value, context) =>
    typeof value === "number" ? (context.source ?? String(value)) : value;
  try {
    // TypeScript's library does not declare the reviver's third argument yet (ES2025).
    return JSON.parse(
      text.replace(/^\ufeff/, ""),
      keepSource as (key: string, value: unknown) => unknown,
    ) as RawJson;
  } catch {
    return null;
  }
}

/** A member of an object; undefined if `value` is not an object or has no such member. */
export function member(value: RawJson | undefined, name: string): RawJson | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as { [name: string]: RawJson })[name] : undefined;
}

/** Non-empty text, or a number as written; null for everything else. */
export function textOf(value: RawJson | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Daraja sends a single item as an object and several as an array. */
function listOf(value: RawJson | undefined): readonly RawJson[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly RawJson[]) : [value];
}

/**
 * A list of `{Key, Value}` (or `{Name, Value}`) as a map from each key to its values in order. Keys may repeat
 * (`DebitPartyName`), and items without a value are skipped.
 */
export function valuesByKey(
  value: RawJson | undefined,
  keyName: "Key" | "Name",
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const item of listOf(value)) {
    const key = textOf(member(item, keyName));
    const content = textOf(member(item, "Value"));
    if (key === null || content === null) continue;
    found.set(key, [...(found.get(key) ?? []), content]);
  }
  return found;
}

/**
 * Shillings as M-Pesa writes them (`10`, `"300"`, `1.00`, `8959269.60`, `"1,000.00"`), in cents; null if it is not an
 * amount.
 */
export function centsOf(text: string | null | undefined): Fiat<"KES"> | null {
  const match = /^(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:\.(\d+))?$/.exec(text?.trim() ?? "");
  const whole = match?.[1]?.replaceAll(",", "");
  if (whole === undefined) return null;
  const decimals = (match?.[2] ?? "").replace(/0+$/, "");
  if (decimals.length > 2) return null;
  return fiat("KES", BigInt(whole) * 100n + BigInt(decimals.padEnd(2, "0")));
}

/** Like `centsOf`, but also for negative amounts, which charges accounts have. */
export function signedCentsOf(text: string): bigint | null {
  const cents = centsOf(text.replace(/^-/, ""));
  return cents === null ? null : text.startsWith("-") ? 0n - cents : cents;
}

/**
 * A complete phone number as an MSISDN, from any form of it (`+254…`, `07…`); null if M-Pesa masked or hashed it, or wrote
 * anything beside it.
 */
export function msisdnOf(text: string | null | undefined): string | null {
  const digits = cleanPasted(text ?? "").replaceAll(/[\s-]/g, "");
  const national = /^(?:(?:\+|00)?254|0)?([17]\d{8})$/.exec(digits)?.[1];
  return national === undefined ? null : `254${national}`;
}
