import { decodeBase64, encodeBase64 } from "./base64.ts";
import { Malformed, defaultLimits, readValue } from "./value.ts";
import type { PortValue, ValueLimits } from "./value.ts";

/** How messages look on their way. */
export type Encoding = {
  readonly name: "clone" | "text";
  readonly encode: (value: PortValue) => unknown;
  /** @throws Malformed */
  readonly decode: (raw: unknown) => PortValue;
};

/** For workers: structured clones. */
export function cloneEncoding(limits: ValueLimits = defaultLimits): Encoding {
  return {
    name: "clone",
    // copies: a clone of a view carries its whole buffer
    encode: (value) => readValue(value, limits),
    decode: (raw) => readValue(raw, limits),
  };
}

const bytesMark = "$bytes";

/** For web views, whose messages are strings: JSON, with bytes as `{"$bytes": base64}`. */
export function textEncoding(limits: ValueLimits = defaultLimits): Encoding {
  const read = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(read);
    if (bytesMark in value) {
      const bytes = value[bytesMark];
      if (typeof bytes !== "string" || Object.keys(value).length !== 1)
        throw new Malformed("bytes that are not bytes");
      const decoded = decodeBase64(bytes);
      if (decoded === undefined) throw new Malformed("bytes that are not bytes");
      return decoded;
    }
    // `__proto__` stays an own property, to be refused
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, read(item)]));
  };
  return {
    name: "text",
    encode: (value) => JSON.stringify(mark(readValue(value, limits))),
    decode(raw) {
      if (typeof raw !== "string") throw new Malformed("not a text");
      // base64 is a third longer than its bytes
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
  if (Object.hasOwn(value, bytesMark)) throw new Malformed("a name that is not allowed");
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, item === undefined ? item : mark(item)]),
  );
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((item) => tooDeep(item, depth - 1));
}
