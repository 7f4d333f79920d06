/** A value that a message can carry: both encodings reproduce it exactly. */
export type PortValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly PortValue[]
  | PortRecord;
/** An undefined property counts as absent. */
export type PortRecord = { readonly [name: string]: PortValue | undefined };

/** A message or parameter does not have the required form. It is refused and has no effect. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

export type ValueLimits = {
  /** Total of all characters and bytes, plus 8 for each value. */
  readonly size: number;
  readonly depth: number;
};

/** The limits for one message; the size is about a thousand times the size of a commit. */
export const defaultLimits: ValueLimits = { size: 64 * 1024 * 1024, depth: 32 };

/**
 * Copies plain data, so that the result shares no memory with the input and has no getters or hidden properties.
 * @throws Malformed if it is not plain data, too deep or too large
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
      if (!Number.isFinite(value)) throw new Malformed("a number is not finite");
      return value;
    }
    if (typeof value !== "object") throw new Malformed("not plain data");
    if (value instanceof Uint8Array) {
      grow(value.byteLength);
      // copy a view, so that the rest of its buffer is not sent
      return value.byteLength === value.buffer.byteLength ? value : value.slice();
    }
    if (depth >= limits.depth) throw new Malformed("too deep");
    if (Array.isArray(value)) {
      grow(value.length);
      return Array.from(value, (item) => read(item, depth + 1));
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    // an object from another realm has that realm's Object.prototype, whose own prototype is null
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw new Malformed("not plain data");
    const record: Record<string, PortValue> = {};
    for (const [name, item] of Object.entries(value)) {
      if (name === "__proto__") throw new Malformed("a property name is not allowed");
      grow(name.length);
      if (item !== undefined) record[name] = read(item, depth + 1);
    }
    return record;
  };
  return read(raw, 0);
}
