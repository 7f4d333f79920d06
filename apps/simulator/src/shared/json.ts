/** A number that must keep its decimals on the wire: Daraja writes `1.00`, JavaScript would write `1`. */
export class WrittenNumber {
  readonly text: string;

  /** @throws RangeError when the text is no JSON number. */
  constructor(text: string) {
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) throw new RangeError(`${text} is no number`);
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

/** JSON text with the keys in the order in which they were written down. Undefined members are left out. */
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

/** Cents as shillings with two decimals: `1.00`. */
export function shillingsNumber(cents: bigint): WrittenNumber {
  return new WrittenNumber(shillingsText(cents));
}

/** `700000.00`, `-1540.00`. */
export function shillingsText(cents: bigint): string {
  const size = cents < 0n ? -cents : cents;
  return `${cents < 0n ? "-" : ""}${size / 100n}.${(size % 100n).toString().padStart(2, "0")}`;
}
