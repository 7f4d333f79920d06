import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, toDisplayId, toHex } from "../core/bytes.ts";
import { transactionId } from "../chain/proof.ts";
import { ByteWriter } from "../core/frames.ts";

export type ParsedTransaction = {
  readonly txid: string;
  readonly bytes: Uint8Array;
  /** `txid:index` each. */
  readonly spends: readonly string[];
  readonly outputs: readonly { readonly valueSat: bigint; readonly scriptHex: string }[];
};

/** @throws RangeError when the bytes are no transaction. */
export function parseTransaction(bytes: Uint8Array): ParsedTransaction {
  const txid = transactionId(bytes);
  if (txid === undefined) throw new RangeError("not a transaction");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = view.getUint8(4) === 0 ? 6 : 4;
  const compactSize = (): number => {
    const first = view.getUint8(at++);
    if (first < 0xfd) return first;
    const value = first === 0xfd ? view.getUint16(at, true) : view.getUint32(at, true);
    at += first === 0xfd ? 2 : 4;
    return value;
  };
  const spends = Array.from({ length: compactSize() }, () => {
    const spent = `${toDisplayId(bytes.subarray(at, at + 32))}:${view.getUint32(at + 32, true)}`;
    at += 36;
    const scriptLength = compactSize();
    at += scriptLength + 4;
    return spent;
  });
  const outputs = Array.from({ length: compactSize() }, () => {
    const valueSat = view.getBigUint64(at, true);
    at += 8;
    const length = compactSize();
    const scriptHex = toHex(bytes.subarray(at, at + length));
    at += length;
    return { valueSat, scriptHex };
  });
  return { txid, bytes, spends, outputs };
}

/** A transaction out of nothing: what a miner's first one is. */
export function coinbase(
  height: number,
  extra: number,
  outputs: readonly { readonly valueSat: bigint; readonly script: Uint8Array }[],
): Uint8Array {
  const writer = new ByteWriter();
  writer.u32(2).u8(0).u8(1).u8(1).raw(new Uint8Array(32)).u32(0xffff_ffff);
  // BIP 34: the height comes first
  writer.u8(9).u8(4).u32(height).u32(extra).u32(0xffff_ffff);
  writer.u8(outputs.length);
  for (const { valueSat, script } of outputs)
    writer.u64(Number(valueSat)).u8(script.length).raw(script);
  writer.u8(1).u8(32).raw(new Uint8Array(32)).u32(0);
  return writer.take();
}

/** The root of the ids' tree (wire order). */
export function merkleRoot(ids: readonly Uint8Array[]): Uint8Array {
  let level = [...ids];
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const left = level[at] ?? new Uint8Array(32);
      next.push(doubleSha256(concatBytes([left, level[at + 1] ?? left])));
    }
    level = next;
  }
  return level[0] ?? new Uint8Array(32);
}

export function doubleSha256(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** The script that a segwit address stands for (BIP 173, BIP 350). Its checksum is not checked: our own core wrote it. */
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
