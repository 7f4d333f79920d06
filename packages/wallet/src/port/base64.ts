const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const pad = 61;
const characters = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
const values = new Int16Array(256).fill(-1);
for (const [value, character] of characters.entries()) values[character] = value;
/** A number of arguments that every engine accepts in one call. */
const chunkLength = 8_192;

/**
 * Base64 with padding (RFC 4648 §4). Every commit and the core itself cross a WebView's port in this form. Without
 * `Uint8Array.toBase64`, which most WebViews lack, `@scure/base` takes 5 times as long to encode and 15 times as long to
 * decode.
 */
export function encodeBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let to = 0;
  for (let from = 0; from < bytes.length; from += 3) {
    const first = bytes[from] ?? 0;
    const second = bytes[from + 1] ?? 0;
    const third = bytes[from + 2] ?? 0;
    out[to++] = characters[first >> 2] ?? 0;
    out[to++] = characters[((first & 3) << 4) | (second >> 4)] ?? 0;
    out[to++] =
      from + 1 < bytes.length ? (characters[((second & 15) << 2) | (third >> 6)] ?? 0) : pad;
    out[to++] = from + 2 < bytes.length ? (characters[third & 63] ?? 0) : pad;
  }
  let text = "";
  for (let at = 0; at < out.length; at += chunkLength)
    text += String.fromCharCode(...out.subarray(at, at + chunkLength));
  return text;
}

/** Undefined if the text is not canonical padded base64. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const last = text.length - padding;
  let bits = 0;
  let have = 0;
  let to = 0;
  for (let from = 0; from < last; from += 1) {
    const code = text.charCodeAt(from);
    const value = code < 256 ? (values[code] ?? -1) : -1;
    if (value < 0) return undefined;
    bits = (bits << 6) | value;
    have += 6;
    if (have >= 8) {
      have -= 8;
      bytes[to++] = (bits >> have) & 255;
      bits &= (1 << have) - 1;
    }
  }
  return bits === 0 ? bytes : undefined;
}
