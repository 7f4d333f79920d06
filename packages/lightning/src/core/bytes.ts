const digits = "0123456789abcdef";

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += digits.charAt(byte >> 4) + digits.charAt(byte & 15);
  return text;
}

/** @throws RangeError when the text is not hex: the caller's bug. Use `isHex` for what others send. */
export function fromHex(text: string): Uint8Array {
  if (!isHex(text)) throw new RangeError("not hex");
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** True for hex of whole bytes, of that many bytes where a length is given. */
export function isHex(text: string, length?: number): boolean {
  return (
    text.length % 2 === 0 &&
    (length === undefined || text.length === 2 * length) &&
    /^[0-9a-fA-F]*$/.test(text)
  );
}

/** Ids of blocks and transactions as people see them (reversed hex), from the order of the wire, and back. */
export function toDisplayId(wire: Uint8Array): string {
  return toHex(wire.toReversed());
}

export function fromDisplayId(text: string): Uint8Array {
  return fromHex(text).toReversed();
}

/** One array of all parts, in their order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** True for the same bytes. Not in constant time: never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Compares as unsigned bytes. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** @throws TypeError when it is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
