/** What a message may carry: what both encodings give back exactly as it was. */
export type PortValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly PortValue[]
  | PortRecord;
/** A property that is undefined is as one that is absent. */
export type PortRecord = { readonly [name: string]: PortValue | undefined };

/** A message that is not what it must be. It is refused; nothing of it happens. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

export type ValueLimits = {
  /** Characters and bytes of everything in it, and eight for each thing. */
  readonly size: number;
  readonly depth: number;
};

/** The most that a message may carry: a thousand times what a commit is. */
export const defaultLimits: ValueLimits = { size: 64 * 1024 * 1024, depth: 32 };

/**
 * Copies what came into a value, so that nothing that it shares with others, and nothing hidden in it, comes along.
 * @throws Malformed for what is no plain data, too deep or too large
 */
export function readValue(raw: unknown, limits: ValueLimits): PortValue {
  let size = 0;
  const grow = (by: number): void => {
    size += by;
    if (size > limits.size) throw new Malformed("too large");
  };
  const read = (value: unknown, depth: number): PortValue => {
    grow(8);
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "string") {
      grow(value.length);
      return value;
    }
    if (typeof value === "number") {
      if (!Number.isFinite(value)) throw new Malformed("a number without a value");
      return value;
    }
    if (typeof value !== "object") throw new Malformed("not plain data");
    if (value instanceof Uint8Array) {
      grow(value.byteLength);
      // a view alone: not what lies around it in its buffer
      return value.byteLength === value.buffer.byteLength ? value : value.slice();
    }
    if (depth >= limits.depth) throw new Malformed("too deep");
    if (Array.isArray(value)) {
      grow(value.length);
      return Array.from(value, (item) => read(item, depth + 1));
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    // a record of another realm has another realm's prototype, whose own prototype is null
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw new Malformed("not plain data");
    const record: Record<string, PortValue> = {};
    for (const [name, item] of Object.entries(value)) {
      if (name === "__proto__") throw new Malformed("a name that is not allowed");
      grow(name.length);
      if (item !== undefined) record[name] = read(item, depth + 1);
    }
    return record;
  };
  return read(raw, 0);
}
