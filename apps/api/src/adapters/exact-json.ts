import { fiat } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";

/** JSON whose numbers are their own text: no amount and no 14-digit date ever passes through a float. */
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

/** Null when the text is no JSON: an HTML page, an empty body. */
export function parseRaw(text: string): RawJson | null {
  const keepSource: Reviver = (_key, value, context) =>
    typeof value === "number" ? (context.source ?? String(value)) : value;
  try {
    // The third argument of a reviver (ES2025) is not in TypeScript's library yet.
    return JSON.parse(text, keepSource as (key: string, value: unknown) => unknown) as RawJson;
  } catch {
    return null;
  }
}

/** A member of an object, whatever stands there instead of one. */
export function member(value: RawJson | undefined, name: string): RawJson | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as { [name: string]: RawJson })[name] : undefined;
}

/** Text, or a number as it was written; null for everything else and for nothing. */
export function textOf(value: RawJson | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Daraja sends one thing as an object and several as an array. */
function listOf(value: RawJson | undefined): readonly RawJson[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly RawJson[]) : [value];
}

/**
 * A list of `{Key, Value}` (or `{Name, Value}`) as a map from key to all of its values in order. Keys repeat
 * (`DebitPartyName`), values are missing.
 */
export function keyed(
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

/** Shillings as Daraja writes them (`10`, `"300"`, `1.00`, `8959269.60`) in cents; null when it is no such amount. */
export function centsOf(text: string | null | undefined): Fiat<"KES"> | null {
  const match = /^(\d{1,15})(?:\.(\d+))?$/.exec(text ?? "");
  const whole = match?.[1];
  if (whole === undefined) return null;
  const decimals = (match?.[2] ?? "").replace(/0+$/, "");
  if (decimals.length > 2) return null;
  return fiat("KES", BigInt(whole) * 100n + BigInt(decimals.padEnd(2, "0")));
}

/** As `centsOf`, also below zero: charges accounts owe. */
export function signedCentsOf(text: string): bigint | null {
  const cents = centsOf(text.replace(/^-/, ""));
  return cents === null ? null : text.startsWith("-") ? 0n - cents : cents;
}

/** A phone number in full; null when M-Pesa masked or hashed it. */
export function msisdnOf(text: string | null | undefined): string | null {
  return /^254[17]\d{8}$/.exec(text ?? "")?.[0] ?? null;
}
