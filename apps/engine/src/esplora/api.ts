import type { BitcoinRpc, RpcResult } from "../bitcoin/rpc.ts";
import type { CoreBlock, CoreTransaction } from "../bitcoin/types.ts";
import { scriptHash } from "../chain-index/indexer.ts";
import type { Mempool } from "../chain-index/mempool.ts";
import type { ChainReader } from "../chain-index/reader.ts";
import { merkleBranch } from "./merkle.ts";
import { esploraBlock, esploraTransaction } from "./shapes.ts";
import type { EsploraStatus } from "./shapes.ts";

/** An answer: JSON or text; `immutable` may be cached for ever. */
export type EsploraAnswer = {
  readonly status: number;
  readonly body: unknown;
  readonly type: "json" | "text" | "bytes";
  readonly immutable?: boolean;
};

export type EsploraTools = {
  readonly rpc: BitcoinRpc;
  readonly reader: ChainReader;
  readonly mempool: Mempool;
};

type Handler = (
  tools: EsploraTools,
  parts: readonly string[],
  body: Buffer,
) => Promise<EsploraAnswer>;

const pageSize = 25;
const mempoolPageSize = 50;

const json = (body: unknown, immutable = false): EsploraAnswer => ({
  status: 200,
  body,
  type: "json",
  immutable,
});
const text = (body: string, immutable = false): EsploraAnswer => ({
  status: 200,
  body,
  type: "text",
  immutable,
});
const bytes = (hex: string, immutable = false): EsploraAnswer => ({
  status: 200,
  body: Buffer.from(hex, "hex"),
  type: "bytes",
  immutable,
});
const refuse = (status: number, body: string): EsploraAnswer => ({ status, body, type: "text" });

/** Turns a failed call into an answer: 503 when Core is away, else the words that Esplora uses. */
function failed(
  answer: RpcResult<unknown> & { readonly ok: false },
  notFound: string,
): EsploraAnswer {
  if (answer.error.code === "bitcoind_unreachable") {
    return refuse(503, "The chain cannot be reached now. Try again.");
  }
  return refuse(404, notFound);
}

async function statusOf(tools: EsploraTools, transaction: CoreTransaction): Promise<EsploraStatus> {
  if (transaction.blockhash === undefined) return { confirmed: false };
  const header = await tools.rpc.call<{ readonly height: number; readonly confirmations: number }>(
    "getblockheader",
    [transaction.blockhash],
  );
  // Core still knows transactions of blocks that a reorganisation took off.
  if (!header.ok || header.value.confirmations < 1) return { confirmed: false };
  return {
    confirmed: true,
    block_height: header.value.height,
    block_hash: transaction.blockhash,
    block_time: transaction.blocktime ?? 0,
  };
}

async function describe(tools: EsploraTools, txid: string) {
  const read = await tools.rpc.call<CoreTransaction>("getrawtransaction", [txid, 2]);
  if (!read.ok) return read;
  const filled = await withPrevouts(tools, read.value);
  return {
    ok: true as const,
    value: esploraTransaction(filled, await statusOf(tools, filled)),
  };
}

/** Core names previous outputs only of confirmed transactions: those of unconfirmed ones are looked up. */
async function withPrevouts(
  tools: EsploraTools,
  transaction: CoreTransaction,
): Promise<CoreTransaction> {
  const missing = transaction.vin.filter(
    (input) => input.prevout === undefined && input.txid !== undefined,
  );
  if (missing.length === 0) return transaction;
  const parents = await tools.rpc.batch<CoreTransaction>(
    missing.map((input) => ({ method: "getrawtransaction", params: [input.txid, 1] })),
  );
  if (!parents.ok) return transaction;
  const outputs = new Map(
    missing.map((input, index) => {
      const parent = parents.value[index];
      return [input, parent?.ok === true ? parent.value.vout[input.vout ?? 0] : undefined];
    }),
  );
  return {
    ...transaction,
    vin: transaction.vin.map((input) => {
      const output = outputs.get(input);
      return output === undefined ? input : { ...input, prevout: output };
    }),
  };
}

async function transactionsOf(
  tools: EsploraTools,
  hash: Buffer,
  part: "all" | "mempool" | "chain",
  after?: string,
): Promise<EsploraAnswer> {
  const waiting =
    part === "chain"
      ? []
      : tools.mempool
          .transactionsOf(hash)
          .slice(0, mempoolPageSize)
          .map((one) => one.txid);
  const confirmed =
    part === "mempool" ? [] : await tools.reader.transactionsOf(hash, pageSize, after);
  const described = await Promise.all(
    [...waiting, ...confirmed.map((one) => one.txid)].map((txid) => describe(tools, txid)),
  );
  const away = described.find((one) => !one.ok && one.error.code === "bitcoind_unreachable");
  if (away !== undefined && !away.ok) return failed(away, "");
  return json(described.flatMap((one) => (one.ok ? [one.value] : [])));
}

async function outspend(tools: EsploraTools, txid: string, vout: number) {
  const spend = await tools.reader.spendOf(txid, vout);
  if (spend !== null) {
    return {
      spent: true,
      txid: spend.txid,
      vin: spend.vin,
      status: {
        confirmed: true,
        block_height: spend.height,
        block_hash: spend.blockHash,
        block_time: spend.blockTime,
      },
    };
  }
  const waiting = tools.mempool.spendOf(txid, vout);
  return waiting === null
    ? { spent: false }
    : { spent: true, ...waiting, status: { confirmed: false } };
}

async function scriptOf(tools: EsploraTools, kind: string, name: string): Promise<Buffer | null> {
  if (kind === "scripthash") return /^[0-9a-f]{64}$/u.test(name) ? Buffer.from(name, "hex") : null;
  const checked = await tools.rpc.call<{ isvalid: boolean; scriptPubKey?: string }>(
    "validateaddress",
    [name],
  );
  if (!checked.ok || checked.value.scriptPubKey === undefined) return null;
  return scriptHash(checked.value.scriptPubKey);
}

const ofScript: Handler = async (tools, [kind = "", name = "", list, part, after]) => {
  const hash = await scriptOf(tools, kind, name);
  if (hash === null)
    return refuse(400, `Invalid ${kind === "address" ? "Bitcoin address" : "hex string"}`);
  if (list === "txs") {
    if (part === "mempool") return transactionsOf(tools, hash, "mempool");
    if (part === "chain") return transactionsOf(tools, hash, "chain", after);
    return transactionsOf(tools, hash, "all");
  }
  if (list === "utxo") {
    const unspent = await tools.reader.unspentOf(hash);
    return json(
      await Promise.all(
        unspent.map(async (output) => {
          const block = await tools.reader.blockAt(output.height);
          return {
            txid: output.txid,
            vout: output.vout,
            value: Number(output.valueSat),
            status: {
              confirmed: true,
              block_height: output.height,
              block_hash: block?.hash,
              block_time: block?.time,
            },
          };
        }),
      ),
    );
  }
  const stats = await tools.reader.statsOf(hash);
  return json({
    [kind]: name,
    chain_stats: {
      funded_txo_count: stats.fundedCount,
      funded_txo_sum: Number(stats.fundedSat),
      spent_txo_count: stats.spentCount,
      spent_txo_sum: Number(stats.spentSat),
      tx_count: stats.transactionCount,
    },
    mempool_stats: { tx_count: tools.mempool.transactionsOf(hash).length },
  });
};

const ofTransaction: Handler = async (tools, [, txid = "", what, vout]) => {
  if (!/^[0-9a-f]{64}$/u.test(txid)) return refuse(400, "Invalid hex string");
  const missing = "Transaction not found";
  if (what === undefined) {
    const described = await describe(tools, txid);
    return described.ok ? json(described.value) : failed(described, missing);
  }
  const read = await tools.rpc.call<CoreTransaction>("getrawtransaction", [txid, 1]);
  if (!read.ok) return failed(read, missing);
  const transaction = read.value;
  switch (what) {
    case "hex":
      return text(transaction.hex, true);
    case "raw":
      return bytes(transaction.hex, true);
    case "status":
      return json(await statusOf(tools, transaction));
    case "outspend":
      if (!/^\d{1,6}$/u.test(vout ?? "")) return refuse(400, "Invalid number");
      return json(await outspend(tools, txid, Number(vout)));
    case "outspends":
      return json(await Promise.all(transaction.vout.map(({ n }) => outspend(tools, txid, n))));
    case "merkle-proof":
    case "merkleblock-proof": {
      const status = await statusOf(tools, transaction);
      if (!status.confirmed) return refuse(404, "Transaction not found or is unconfirmed");
      if (what === "merkleblock-proof") {
        const proof = await tools.rpc.call<string>("gettxoutproof", [[txid], status.block_hash]);
        return proof.ok ? text(proof.value) : failed(proof, missing);
      }
      const block = await tools.rpc.call<{ readonly tx: readonly string[] }>("getblock", [
        status.block_hash,
        1,
      ]);
      if (!block.ok) return failed(block, "Block not found");
      const position = block.value.tx.indexOf(txid);
      return json({
        block_height: status.block_height,
        merkle: merkleBranch(block.value.tx, position),
        pos: position,
      });
    }
    default:
      return refuse(404, "Not found");
  }
};

const ofBlock: Handler = async (tools, [, hash = "", what]) => {
  if (!/^[0-9a-f]{64}$/u.test(hash)) return refuse(400, "Invalid hex string");
  const missing = "Block not found";
  if (what === "header" || what === "raw") {
    const method = what === "header" ? "getblockheader" : "getblock";
    const read = await tools.rpc.call<string>(method, [hash, what === "header" ? false : 0]);
    if (!read.ok) return failed(read, missing);
    return what === "header" ? text(read.value, true) : bytes(read.value, true);
  }
  const read = await tools.rpc.call<
    Omit<CoreBlock, "tx"> & { tx: readonly string[]; confirmations: number; nextblockhash?: string }
  >("getblock", [hash, 1]);
  if (!read.ok) return failed(read, missing);
  switch (what) {
    case undefined:
      return json(esploraBlock(read.value), true);
    case "txids":
      return json(read.value.tx, true);
    case "status":
      return json(
        read.value.confirmations > 0
          ? {
              in_best_chain: true,
              height: read.value.height,
              next_best: read.value.nextblockhash ?? null,
            }
          : { in_best_chain: false, height: null, next_best: null },
      );
    default:
      return refuse(404, "Not found");
  }
};

const ofTip: Handler = async (tools, [, , what]) => {
  const best = await tools.rpc.call<{ readonly blocks: number; readonly bestblockhash: string }>(
    "getblockchaininfo",
  );
  if (!best.ok) return failed(best, "Block not found");
  if (what === "height") return text(String(best.value.blocks));
  if (what === "hash") return text(best.value.bestblockhash);
  return refuse(404, "Not found");
};

const atHeight: Handler = async (tools, [, height = ""]) => {
  if (!/^\d{1,9}$/u.test(height)) return refuse(400, "Invalid number");
  const hash = await tools.rpc.call<string>("getblockhash", [Number(height)]);
  return hash.ok ? text(hash.value) : failed(hash, "Block not found");
};

const targets = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 144, 504, 1008];

const feeEstimates: Handler = async (tools) => {
  const answers = await tools.rpc.batch<{ readonly feerate?: number }>(
    targets.map((target) => ({ method: "estimatesmartfee", params: [target] })),
  );
  if (!answers.ok) return refuse(503, "The chain cannot be reached now. Try again.");
  const rates: Record<string, number> = {};
  targets.forEach((target, index) => {
    const answer = answers.value[index];
    // BTC per 1,000 virtual bytes to satoshis per virtual byte.
    if (answer?.ok === true && answer.value.feerate !== undefined) {
      rates[String(target)] = Math.round(answer.value.feerate * 100_000_000) / 1_000;
    }
  });
  return json(rates);
};

const mempoolStats: Handler = async (tools) => {
  const read = await tools.rpc.call<{ size: number; bytes: number; total_fee: number }>(
    "getmempoolinfo",
  );
  if (!read.ok) return failed(read, "Not found");
  return json({
    count: read.value.size,
    vsize: read.value.bytes,
    total_fee: Math.round(read.value.total_fee * 100_000_000),
    fee_histogram: [],
  });
};

const hexOnly = /^[0-9a-f]+$/iu;

const broadcast: Handler = async (tools, _parts, body) => {
  const hex = body.toString("utf8").trim();
  if (!hexOnly.test(hex)) return refuse(400, "Invalid hex string");
  const sent = await tools.rpc.call<string>("sendrawtransaction", [hex]);
  if (sent.ok) return text(sent.value);
  if (sent.error.code === "bitcoind_unreachable") return failed(sent, "");
  return refuse(
    400,
    `sendrawtransaction RPC error: ${JSON.stringify({ code: sent.error.rpcCode, message: sent.error.message })}`,
  );
};

const broadcastPackage: Handler = async (tools, _parts, body) => {
  let transactions: unknown;
  try {
    transactions = JSON.parse(body.toString("utf8"));
  } catch {
    return refuse(400, "Invalid JSON");
  }
  const valid =
    Array.isArray(transactions) &&
    transactions.length > 0 &&
    transactions.length <= 25 &&
    transactions.every((one) => typeof one === "string" && hexOnly.test(one));
  if (!valid) return refuse(400, "Invalid package: an array of 1 to 25 transactions in hex");
  const sent = await tools.rpc.call<unknown>("submitpackage", [transactions]);
  if (sent.ok) return json(sent.value);
  if (sent.error.code === "bitcoind_unreachable") return failed(sent, "");
  return refuse(
    400,
    `submitpackage RPC error: ${JSON.stringify({ code: sent.error.rpcCode, message: sent.error.message })}`,
  );
};

const gets: Readonly<Record<string, Handler>> = {
  blocks: ofTip,
  "block-height": atHeight,
  block: ofBlock,
  tx: ofTransaction,
  address: ofScript,
  scripthash: ofScript,
  mempool: mempoolStats,
  "fee-estimates": feeEstimates,
};

/**
 * Answers one request of the Esplora HTTP API (Blockstream's electrs), as far as wallets need it. `path` is behind the
 * API's own prefix.
 */
export async function answerEsplora(
  tools: EsploraTools,
  method: string,
  path: string,
  body: Buffer,
): Promise<EsploraAnswer> {
  const parts = path.split("/").filter((part) => part !== "");
  const [first = ""] = parts;
  if (method === "POST") {
    if (parts.length === 1 && first === "tx") return broadcast(tools, parts, body);
    if (parts.length === 2 && first === "txs" && parts[1] === "package") {
      return broadcastPackage(tools, parts, body);
    }
    return refuse(404, "Not found");
  }
  if (method !== "GET" && method !== "HEAD") return refuse(405, "Method not allowed");
  const handler = gets[first];
  return handler === undefined ? refuse(404, "Not found") : handler(tools, parts, body);
}
