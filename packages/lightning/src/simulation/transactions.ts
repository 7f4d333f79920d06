import { ByteWriter } from "../encoding/byte-buffer.ts";

/** A coinbase transaction: creates coins. `extra` makes it unique at its height. */
export function coinbase(
  height: number,
  extra: number,
  outputs: readonly { readonly valueSat: bigint; readonly script: Uint8Array }[],
): Uint8Array {
  const writer = new ByteWriter();
  writer.u32(2).u8(0).u8(1).u8(1).raw(new Uint8Array(32)).u32(0xffff_ffff);
  // BIP 34: the script starts with the height
  writer.u8(9).u8(4).u32(height).u32(extra).u32(0xffff_ffff);
  writer.u8(outputs.length);
  for (const { valueSat, script } of outputs)
    writer.u64(Number(valueSat)).u8(script.length).raw(script);
  writer.u8(1).u8(32).raw(new Uint8Array(32)).u32(0);
  return writer.take();
}

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** The script of a segwit address (BIP 173, BIP 350). The checksum is not verified: our own core made the address. */
export function scriptOfAddress(address: string): Uint8Array {
  const data = Array.from(address.slice(address.lastIndexOf("1") + 1, -6), (letter) =>
    alphabet.indexOf(letter),
  );
  const [version = 0, ...words] = data;
  const program: number[] = [];
  let bits = 0;
  let value = 0;
  for (const word of words) {
    value = (value << 5) | word;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      program.push((value >> bits) & 0xff);
      value &= (1 << bits) - 1;
    }
  }
  return Uint8Array.from([version === 0 ? 0 : 0x50 + version, program.length, ...program]);
}
