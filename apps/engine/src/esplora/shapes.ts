import { satoshis } from "../bitcoin/core-types.ts";
import type { CoreBlock, CoreInput, CoreScript, CoreTransaction } from "../bitcoin/core-types.ts";
import type { IndexedBlock, ScriptStats } from "../chain-index/reader.ts";
import { lastPush, scriptAsm, scriptType } from "./script-asm.ts";

/** Esplora's JSON as written by Blockstream's electrs (`src/rest.rs`). Amounts are in satoshis. */
export type EsploraStatus =
  | { readonly confirmed: false }
  | {
      readonly confirmed: true;
      readonly block_height: number;
      readonly block_hash: string;
      readonly block_time: number;
    };

export function esploraStatus(block: IndexedBlock | null): EsploraStatus {
  if (block === null) return { confirmed: false };
  return {
    confirmed: true,
    block_height: block.height,
    block_hash: block.hash,
    block_time: block.time,
  };
}

function esploraOutput(script: CoreScript, amountBtc: number) {
  return {
    scriptpubkey: script.hex,
    scriptpubkey_asm: scriptAsm(script.hex),
    scriptpubkey_type: scriptType(script.hex),
    ...(script.address === undefined ? {} : { scriptpubkey_address: script.address }),
    value: satoshis(amountBtc),
  };
}

/** The scripts that an input reveals: the redeem script of a P2SH output, and the witness script. */
function innerScripts(input: CoreInput) {
  const spent = input.prevout?.scriptPubKey.hex;
  if (spent === undefined) return {};
  const redeem = scriptType(spent) === "p2sh" ? lastPush(input.scriptSig?.hex ?? "") : null;
  const program = redeem ?? spent;
  const witness = scriptType(program) === "v0_p2wsh" ? input.txinwitness?.at(-1) : undefined;
  return {
    ...(redeem === null ? {} : { inner_redeemscript_asm: scriptAsm(redeem) }),
    ...(witness === undefined ? {} : { inner_witnessscript_asm: scriptAsm(witness) }),
  };
}

function esploraInput(input: CoreInput) {
  const { prevout, txinwitness = [] } = input;
  const script = input.coinbase ?? input.scriptSig?.hex ?? "";
  return {
    txid: input.txid ?? "0".repeat(64),
    vout: input.vout ?? 0xffff_ffff,
    prevout: prevout === undefined ? null : esploraOutput(prevout.scriptPubKey, prevout.value),
    scriptsig: script,
    scriptsig_asm: scriptAsm(script),
    ...(txinwitness.length === 0 ? {} : { witness: txinwitness }),
    is_coinbase: input.coinbase !== undefined,
    sequence: input.sequence,
    ...innerScripts(input),
  };
}

/** The fee is 0 for a coinbase and when a spent output is unknown. */
export function esploraTransaction(transaction: CoreTransaction, status: EsploraStatus) {
  const inputs = transaction.vin.map(esploraInput);
  const paid = transaction.vout.reduce((sum, output) => sum + satoshis(output.value), 0);
  const spent = inputs.reduce((sum, input) => sum + (input.prevout?.value ?? 0), 0);
  const known = inputs.every((input) => input.prevout !== null);
  return {
    txid: transaction.txid,
    version: transaction.version >>> 0,
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
    version: block.version >>> 0,
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

export function esploraStats(stats: ScriptStats) {
  return {
    tx_count: stats.transactionCount,
    funded_txo_count: stats.fundedCount,
    funded_txo_sum: Number(stats.fundedSat),
    spent_txo_count: stats.spentCount,
    spent_txo_sum: Number(stats.spentSat),
  };
}
