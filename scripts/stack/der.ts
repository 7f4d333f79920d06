/** As much of DER (X.690) as a certificate needs. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  const size = length < 0x100 ? Buffer.from([length]) : Buffer.from([length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
export const setOf = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts);
export const octets = (content: Uint8Array): Buffer => tagged(0x04, content);
export const utf8Text = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
export const yes = Buffer.from([0x01, 0x01, 0xff]);

/** The contents of an object identifier, encoded. */
export const objectId = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, "hex"));

/** An integer, whose first byte is below 0x80 and not zero: so it is positive and as short as DER wants it. */
export const positiveInteger = (bytes: Uint8Array): Buffer => tagged(0x02, bytes);

export const bits = (content: Uint8Array, unused = 0): Buffer =>
  tagged(0x03, Buffer.from([unused]), content);

/** UTCTime, as RFC 5280 wants it for every year before 2050. */
export const utcTime = (at: Date): Buffer =>
  tagged(0x17, Buffer.from(`${at.toISOString().replaceAll(/[-T:]/gu, "").slice(2, 14)}Z`));
