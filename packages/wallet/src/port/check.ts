import { Malformed } from "./value.ts";
import type { PortRecord, PortValue } from "./value.ts";

type Input = PortValue | undefined;

/** @throws Malformed */
export function asRecord(value: Input): PortRecord {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    value instanceof Uint8Array
  )
    throw new Malformed("expected an object");
  return value as PortRecord;
}

/** @throws Malformed */
export function asText(value: Input, maxLength = 100_000): string {
  if (typeof value !== "string") throw new Malformed("expected a string");
  if (value.length > maxLength) throw new Malformed("the string is too long");
  return value;
}

/** @throws Malformed */
export function asInteger(value: Input, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max)
    throw new Malformed("expected an integer within the allowed range");
  return value;
}

/** @throws Malformed */
export function asBoolean(value: Input): boolean {
  if (typeof value !== "boolean") throw new Malformed("expected a boolean");
  return value;
}

/** @throws Malformed */
export function asBytes(value: Input): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) throw new Malformed("expected bytes");
  return value as Uint8Array<ArrayBuffer>;
}

/** @throws Malformed */
export function asList<Item>(
  value: Input,
  read: (item: Input) => Item,
  maxLength = 1_000_000,
): readonly Item[] {
  if (!Array.isArray(value)) throw new Malformed("expected an array");
  if (value.length > maxLength) throw new Malformed("the array is too long");
  return (value as readonly PortValue[]).map((item) => read(item));
}

/** Undefined if absent or null. @throws Malformed */
export function asOptional<Item>(value: Input, read: (item: Input) => Item): Item | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/** @throws Malformed */
export function asOneOf<const Choice extends string>(
  value: Input,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Malformed("not an allowed value");
  return found;
}
