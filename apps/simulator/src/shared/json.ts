/** A JSON number with fixed decimals: Daraja sends `1.00` where `JSON.stringify` would send `1`. */
export class WrittenNumber {
  readonly text: string;

  /** @throws RangeError when the text is not a JSON number. */
  constructor(text: string) {
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text))
      throw new RangeError(`${text} is not a JSON number`);
    this.text = text;
  }
}

export type Json =
  | string
  | number
  | boolean
  | null
  | WrittenNumber
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** Serialises to JSON, keys in insertion order. Undefined members are omitted. */
export function toJson(value: Json): string {
  if (value instanceof WrittenNumber) return value.text;
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    return `[${items.map(toJson).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).flatMap(([key, member]) =>
      member === undefined ? [] : [`${JSON.stringify(key)}:${toJson(member)}`],
    );
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Cents as a JSON number of shillings with two decimals: `1.00`. */
export function shillingsNumber(cents: bigint): WrittenNumber {
  return new WrittenNumber(shillingsText(cents));
}

/** Cents as shillings with two decimals: `700000.00`, `-1540.00`. */
export function shillingsText(cents: bigint): string {
  const size = cents < 0n ? -cents : cents;
  return `${cents < 0n ? "-" : ""}${size / 100n}.${(size % 100n).toString().padStart(2, "0")}`;
}
