import { Malformed } from "./value.ts";
import type { PortRecord, PortValue } from "./value.ts";

type Given = PortValue | undefined;

/** @throws Malformed */
export function asRecord(value: Given): PortRecord {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    value instanceof Uint8Array
  )
    throw new Malformed("not a record");
  return value as PortRecord;
}

/** @throws Malformed */
export function asText(value: Given, longest = 100_000): string {
  if (typeof value !== "string") throw new Malformed("not a text");
  if (value.length > longest) throw new Malformed("a text that is too long");
  return value;
}

/** @throws Malformed */
export function asInteger(value: Given, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw new Malformed("not a number that is expected");
  return value;
}

/** @throws Malformed */
export function asBoolean(value: Given): boolean {
  if (typeof value !== "boolean") throw new Malformed("neither true nor false");
  return value;
}

/** @throws Malformed */
export function asBytes(value: Given): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) throw new Malformed("not bytes");
  return value as Uint8Array<ArrayBuffer>;
}

/** @throws Malformed */
export function asList<Item>(
  value: Given,
  read: (item: Given) => Item,
  longest = 1_000_000,
): readonly Item[] {
  if (!Array.isArray(value)) throw new Malformed("not a list");
  if (value.length > longest) throw new Malformed("a list that is too long");
  return (value as readonly PortValue[]).map((item) => read(item));
}

/** Undefined where it is absent or null. @throws Malformed */
export function asOptional<Item>(value: Given, read: (item: Given) => Item): Item | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/** @throws Malformed */
export function asOneOf<const Choice extends string>(
  value: Given,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Malformed("not one of what is expected");
  return found;
}
