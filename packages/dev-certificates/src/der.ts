/** The parts of DER (X.690) that a certificate needs. Node.js parses certificates but cannot create them. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  const size = length < 0x100 ? Buffer.from([length]) : Buffer.from([length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts);
export const octetString = (content: Uint8Array): Buffer => tagged(0x04, content);
export const utf8String = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));
export const nullValue = tagged(0x05);

/** @param hex the identifier's encoded contents. */
export const objectId = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, "hex"));

/** A positive integer. `bytes` must be minimal: a first byte from 0x01 to 0x7f. */
export const integer = (bytes: Uint8Array): Buffer => tagged(0x02, bytes);

/** @param unused number of unused bits at the end of the last byte. */
export const bitString = (content: Uint8Array, unused = 0): Buffer =>
  tagged(0x03, Buffer.from([unused]), content);

/** UTCTime, which RFC 5280 requires for every year before 2050. */
export const utcTime = (at: Date): Buffer =>
  tagged(0x17, Buffer.from(`${at.toISOString().replaceAll(/[-T:]/gu, "").slice(2, 14)}Z`));
