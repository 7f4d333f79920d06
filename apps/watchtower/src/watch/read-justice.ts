import { openJustice } from "@satsconnect/contracts/watchtower";
import { parseTransaction } from "@satsconnect/lightning";
import type { JusticeTransaction } from "../store/breaches.ts";

export type ReadJustice = {
  readonly output: number;
  /** Blocks after which the thief can spend the output; 0 if the script does not say. */
  readonly deadlineBlocks: number;
  readonly transactions: readonly JusticeTransaction[];
};

/** Decrypts an appointment. Undefined if it is not for this transaction, or its content cannot be used. */
export function readJustice(blob: Uint8Array, txid: string): ReadJustice | undefined {
  const opened = openJustice(blob, txid);
  if (opened === undefined) return undefined;
  try {
    const parsed = opened.transactions.map(parseTransaction);
    const spent = parsed[0]?.spends[0] ?? "";
    const [spentTxid, output = ""] = spent.split(":");
    if (spentTxid !== txid || parsed.some(({ spends }) => spends[0] !== spent)) return undefined;
    const transactions = parsed.map(({ txid: own, bytes, outputs, strippedLength }) => {
      const paidSat = outputs.reduce((sum, { valueSat }) => sum + valueSat, 0n);
      const weight = strippedLength * 3 + bytes.length;
      const feeSat = Number(opened.valueSat - paidSat);
      return { txid: own, bytes, feeRate: Math.max(0, Math.floor((feeSat * 1_000) / weight)) };
    });
    return {
      output: Number(output),
      deadlineBlocks: delayOf(parsed[0]?.witness[0]?.at(-1)),
      transactions,
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The delay in a `to_local` script (BOLT 3): `OP_IF <33 bytes> OP_ELSE <delay> OP_CHECKSEQUENCEVERIFY …`. 0 for any other
 * script.
 */
function delayOf(script: Uint8Array | undefined): number {
  if (script?.[0] !== 0x63 || script[1] !== 33 || script[35] !== 0x67) return 0;
  const [push = 0] = script.subarray(36);
  // OP_1 to OP_16
  if (push >= 0x51 && push <= 0x60) return push - 0x50;
  if (push < 1 || push > 3) return 0;
  return script.subarray(37, 37 + push).reduceRight((delay, byte) => delay * 256 + byte, 0);
}
