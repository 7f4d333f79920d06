import { decodeBase64, encodeBase64 } from "./base64.ts";
import { Malformed, defaultLimits, readValue } from "./value.ts";
import type { PortValue, ValueLimits } from "./value.ts";

/** Encodes messages for transport. */
export type Encoding = {
  readonly name: "clone" | "text";
  readonly encode: (value: PortValue) => unknown;
  /** @throws Malformed */
  readonly decode: (raw: unknown) => PortValue;
};

/** For Web Workers: structured clone. */
export function cloneEncoding(limits: ValueLimits = defaultLimits): Encoding {
  return {
    name: "clone",
    // copies the value, because cloning a view would transfer its whole buffer
    encode: (value) => readValue(value, limits),
    decode: (raw) => readValue(raw, limits),
  };
}

const bytesMark = "$bytes";

/** For WebViews, whose messages are strings: JSON, with bytes as `{"$bytes": base64}`. */
export function textEncoding(limits: ValueLimits = defaultLimits): Encoding {
  const read = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(read);
    if (bytesMark in value) {
      const bytes = value[bytesMark];
      if (typeof bytes !== "string" || Object.keys(value).length !== 1)
        throw new Malformed("malformed bytes");
      const decoded = decodeBase64(bytes);
      if (decoded === undefined) throw new Malformed("malformed bytes");
      return decoded;
    }
    // fromEntries keeps `__proto__` as an own property, so that readValue refuses it
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, read(item)]));
  };
  return {
    name: "text",
    encode: (value) => JSON.stringify(mark(readValue(value, limits))),
    decode(raw) {
      if (typeof raw !== "string") throw new Malformed("expected a string");
      // base64 is a third longer than the bytes it encodes
      if (raw.length > limits.size * 1.5) throw new Malformed("too large");
      let json: unknown;
      try {
        json = JSON.parse(raw);
      } catch {
        throw new Malformed("not JSON");
      }
      if (tooDeep(json, limits.depth + 1)) throw new Malformed("too deep");
      return readValue(read(json), limits);
    },
  };
}

function mark(value: PortValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { [bytesMark]: encodeBase64(value) };
  if (Array.isArray(value)) return value.map(mark);
  if (Object.hasOwn(value, bytesMark)) throw new Malformed("a property name is not allowed");
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, item === undefined ? item : mark(item)]),
  );
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((item) => tooDeep(item, depth - 1));
}
