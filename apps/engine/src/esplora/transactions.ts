import { rpcCodes } from "../bitcoin/rpc.ts";
import type { RpcResult } from "../bitcoin/rpc.ts";
import type { CoreInput, CoreScript, CoreTransaction } from "../bitcoin/core-types.ts";
import type { IndexedBlock } from "../chain-index/reader.ts";
import { bytes, rpcFailed, isHash, isNumber, json, refuse, text } from "./answer.ts";
import type { EsploraContext, Handler } from "./answer.ts";
import { merkleBranch } from "@satsconnect/lightning";
import { esploraStatus, esploraTransaction } from "./shapes.ts";

const missing = "Transaction not found";
const unconfirmed = "Transaction not found or is unconfirmed";

type Found = { readonly transaction: CoreTransaction; readonly block: IndexedBlock | null };

/**
 * Reads a transaction. One that is in the index is read from its block, which works without Bitcoin Core's `txindex`;
 * any other from the mempool or from the `txindex`, if Bitcoin Core has one.
 */
async function find(context: EsploraContext, txid: string): Promise<RpcResult<Found>> {
  const { rpc, reader } = context;
  const block = await reader.blockOf(txid);
  const read = await rpc.call<CoreTransaction>(
    "getrawtransaction",
    block === null ? [txid, 2] : [txid, 2, block.hash],
  );
  if (!read.ok) return read;
  if (block !== null) return { ok: true, value: { transaction: read.value, block } };
  const { blockhash } = read.value;
  if (blockhash === undefined) {
    return { ok: true, value: { transaction: read.value, block: null } };
  }
  const header = await rpc.call<{
    readonly height: number;
    readonly confirmations: number;
    readonly time: number;
  }>("getblockheader", [blockhash]);
  if (!header.ok) return header;
  // Bitcoin Core also returns transactions of disconnected blocks; their block has -1 confirmations.
  const { height, confirmations, time } = header.value;
  const connected = confirmations > 0 ? { height, hash: blockhash, time } : null;
  return { ok: true, value: { transaction: read.value, block: connected } };
}

/** Adds the spent outputs to the inputs. Bitcoin Core reports them only for confirmed transactions. */
async function withPrevouts(
  { rpc }: EsploraContext,
  transaction: CoreTransaction,
): Promise<CoreTransaction> {
  const open = transaction.vin.filter(
    (input) => input.prevout === undefined && input.txid !== undefined,
  );
  if (open.length === 0) return transaction;
  type Coin = { readonly value: number; readonly scriptPubKey: CoreScript };
  // A spent output is either in the UTXO set (read without the mempool) or belongs to a transaction in the mempool.
  const coins = await rpc.batch<Coin | null>(
    open.map(({ txid, vout }) => ({ method: "gettxout", params: [txid, vout, false] })),
  );
  const parents = await rpc.batch<CoreTransaction>(
    open.map(({ txid }) => ({ method: "getrawtransaction", params: [txid, 1] })),
  );
  const found = new Map<CoreInput, Coin>();
  open.forEach((input, index) => {
    const coin = coins.ok ? coins.value[index] : undefined;
    const parent = parents.ok ? parents.value[index] : undefined;
    const output =
      coin?.ok === true && coin.value !== null
        ? coin.value
        : parent?.ok === true
          ? parent.value.vout[input.vout ?? 0]
          : undefined;
    if (output !== undefined) found.set(input, output);
  });
  return {
    ...transaction,
    vin: transaction.vin.map((input) => {
      const prevout = found.get(input);
      return prevout === undefined ? input : { ...input, prevout };
    }),
  };
}

/** The transaction in Esplora's JSON. */
export async function describeTransaction(
  context: EsploraContext,
  txid: string,
): Promise<RpcResult<ReturnType<typeof esploraTransaction>>> {
  const found = await find(context, txid);
  if (!found.ok) return found;
  const transaction = await withPrevouts(context, found.value.transaction);
  return { ok: true, value: esploraTransaction(transaction, esploraStatus(found.value.block)) };
}

async function outspends(
  { reader, mempool }: EsploraContext,
  txid: string,
  vouts: readonly number[],
) {
  const confirmed = await reader.spendsOf(txid, vouts);
  return vouts.map((vout, index) => {
    const spend = confirmed[index] ?? null;
    if (spend !== null) {
      return { spent: true, txid: spend.txid, vin: spend.vin, status: esploraStatus(spend.block) };
    }
    const waiting = mempool.spendOf({ txid, vout });
    return waiting === null
      ? { spent: false }
      : { spent: true, ...waiting, status: esploraStatus(null) };
  });
}

/** The Merkle branch of a confirmed transaction, or Bitcoin Core's `gettxoutproof` for it. */
async function proof(context: EsploraContext, txid: string, what: string) {
  const { rpc } = context;
  const found = await find(context, txid);
  if (!found.ok) return rpcFailed(found, unconfirmed);
  const { block } = found.value;
  if (block === null) return refuse(404, unconfirmed);
  if (what === "merkleblock-proof") {
    const proven = await rpc.call<string>("gettxoutproof", [[txid], block.hash]);
    return proven.ok ? text(proven.value) : rpcFailed(proven, unconfirmed);
  }
  const read = await rpc.call<{ readonly tx: readonly string[] }>("getblock", [block.hash, 1]);
  if (!read.ok) return rpcFailed(read, unconfirmed);
  const position = read.value.tx.indexOf(txid);
  return json({
    block_height: block.height,
    merkle: merkleBranch(read.value.tx, position),
    pos: position,
  });
}

/** `/tx/:txid[/hex|raw|status|merkle-proof|merkleblock-proof|outspend/:vout|outspends]` */
export const getTransaction: Handler = async (context, [, given, what, vout]) => {
  if (!isHash(given)) return refuse(400, "Invalid hex string");
  const txid = given.toLowerCase();
  switch (what) {
    case undefined: {
      const described = await describeTransaction(context, txid);
      return described.ok ? json(described.value) : rpcFailed(described, missing);
    }
    case "outspend": {
      if (!isNumber(vout) || Number(vout) > 0x7fff_ffff) return refuse(400, "Invalid number");
      const [spend] = await outspends(context, txid, [Number(vout)]);
      return json(spend);
    }
    case "merkle-proof":
    case "merkleblock-proof":
      return proof(context, txid, what);
    default:
  }
  const found = await find(context, txid);
  if (what === "status") {
    if (!found.ok && found.error.rpcCode !== rpcCodes.notFound) return rpcFailed(found, missing);
    return json(esploraStatus(found.ok ? found.value.block : null));
  }
  if (!found.ok) return rpcFailed(found, missing);
  const { transaction } = found.value;
  switch (what) {
    case "hex":
      return text(transaction.hex, true);
    case "raw":
      return bytes(transaction.hex, true);
    default:
      return json(
        await outspends(
          context,
          txid,
          transaction.vout.map(({ n }) => n),
        ),
      );
  }
};
