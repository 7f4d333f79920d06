import { satoshis } from "../bitcoin/types.ts";
import type { CoreBlock, CoreInput, CoreScript, CoreTransaction } from "../bitcoin/types.ts";

/** Esplora's JSON, as Blockstream's electrs gives it. Amounts are satoshis. */
export type EsploraStatus =
  | { readonly confirmed: false }
  | {
      readonly confirmed: true;
      readonly block_height: number;
      readonly block_hash: string;
      readonly block_time: number;
    };

const scriptTypes: Readonly<Record<string, string>> = {
  pubkeyhash: "p2pkh",
  scripthash: "p2sh",
  witness_v0_keyhash: "v0_p2wpkh",
  witness_v0_scripthash: "v0_p2wsh",
  witness_v1_taproot: "v1_p2tr",
  anchor: "anchor",
  pubkey: "p2pk",
  multisig: "multisig",
  nulldata: "op_return",
};

function esploraOutput(script: CoreScript, bitcoin: number) {
  return {
    scriptpubkey: script.hex,
    scriptpubkey_asm: script.asm,
    scriptpubkey_type: scriptTypes[script.type] ?? "unknown",
    ...(script.address === undefined ? {} : { scriptpubkey_address: script.address }),
    value: satoshis(bitcoin),
  };
}

function esploraInput(input: CoreInput) {
  const coinbase = input.coinbase !== undefined;
  return {
    txid: input.txid ?? "0".repeat(64),
    vout: input.vout ?? 0xffff_ffff,
    prevout:
      input.prevout === undefined
        ? null
        : esploraOutput(input.prevout.scriptPubKey, input.prevout.value),
    scriptsig: input.coinbase ?? input.scriptSig?.hex ?? "",
    scriptsig_asm: input.scriptSig?.asm ?? "",
    ...(input.txinwitness === undefined ? {} : { witness: input.txinwitness }),
    is_coinbase: coinbase,
    sequence: input.sequence,
  };
}

/** `known`: every input's previous output was given, so that the fee can be told. */
export function esploraTransaction(transaction: CoreTransaction, status: EsploraStatus) {
  const inputs = transaction.vin.map(esploraInput);
  const paid = transaction.vout.reduce((sum, output) => sum + satoshis(output.value), 0);
  const spent = inputs.reduce((sum, input) => sum + (input.prevout?.value ?? 0), 0);
  const known = inputs.every((input) => input.prevout !== null);
  return {
    txid: transaction.txid,
    version: transaction.version,
    locktime: transaction.locktime,
    vin: inputs,
    vout: transaction.vout.map((output) => esploraOutput(output.scriptPubKey, output.value)),
    size: transaction.size,
    weight: transaction.weight,
    fee: known ? spent - paid : 0,
    status,
  };
}

export function esploraBlock(block: Omit<CoreBlock, "tx">) {
  return {
    id: block.hash,
    height: block.height,
    version: block.version,
    timestamp: block.time,
    tx_count: block.nTx,
    size: block.size,
    weight: block.weight,
    merkle_root: block.merkleroot,
    previousblockhash: block.previousblockhash ?? null,
    mediantime: block.mediantime,
    nonce: block.nonce,
    bits: Number.parseInt(block.bits, 16),
    difficulty: block.difficulty,
  };
}
