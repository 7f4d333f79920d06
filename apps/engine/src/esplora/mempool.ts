import type { RpcFailure } from "../bitcoin/rpc.ts";
import { rpcFailed, json, refuse, text, unreachable } from "./answer.ts";
import type { EsploraAnswer, EsploraContext, Handler } from "./answer.ts";

/** The confirmation targets of electrs, in blocks. */
const targets = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
  ...[144, 504, 1008],
];

/** `/fee-estimates`: sat/vB by confirmation target. Leaves out targets for which Bitcoin Core has no estimate. */
export const getFeeEstimates: Handler = async ({ rpc }) => {
  const answers = await rpc.batch<{ readonly feerate?: number }>(
    targets.map((target) => ({ method: "estimatesmartfee", params: [target] })),
  );
  if (!answers.ok) return unreachable();
  const rates: Record<string, number> = {};
  targets.forEach((target, index) => {
    const answer = answers.value[index];
    // From BTC/kvB to sat/vB.
    if (answer?.ok === true && answer.value.feerate !== undefined) {
      rates[String(target)] = Math.round(answer.value.feerate * 100_000_000) / 1_000;
    }
  });
  return json(rates);
};

/** `/mempool` */
export const getMempool: Handler = async ({ rpc, mempool }) => {
  const read = await rpc.call<{
    readonly size: number;
    readonly bytes: number;
    readonly total_fee: number;
  }>("getmempoolinfo");
  if (!read.ok) return rpcFailed(read, "Not found");
  return json({
    count: read.value.size,
    vsize: read.value.bytes,
    total_fee: Math.round(read.value.total_fee * 100_000_000),
    fee_histogram: mempool.feeHistogram(),
  });
};

const hexOnly = /^(?:[0-9a-f]{2})+$/iu;

function rpcError(method: string, { rpcCode, message }: RpcFailure): EsploraAnswer {
  return refuse(400, `${method} RPC error: ${JSON.stringify({ code: rpcCode, message })}`);
}

/** `POST /tx`: broadcasts a transaction given in hex; answers its id. */
export async function broadcast(context: EsploraContext, body: Buffer): Promise<EsploraAnswer> {
  const hex = body.toString("utf8").trim();
  if (!hexOnly.test(hex)) return refuse(400, "Invalid hex string");
  const sent = await context.rpc.call<string>("sendrawtransaction", [hex]);
  if (!sent.ok) {
    return sent.error.code === "bitcoind_unreachable"
      ? unreachable()
      : rpcError("sendrawtransaction", sent.error);
  }
  // The sender is likely to query the transaction next.
  await context.mempool.refresh();
  return text(sent.value);
}

const maxPackageSize = 25;

/** `POST /txs/package`: a JSON array of transactions in hex, parents first; answers the result of `submitpackage`. */
export async function broadcastPackage(
  context: EsploraContext,
  body: Buffer,
): Promise<EsploraAnswer> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    return refuse(400, "Invalid JSON");
  }
  if (!Array.isArray(parsed) || parsed.length === 0) {
    return refuse(400, "Invalid package: must be an array of transactions in hex");
  }
  if (parsed.length > maxPackageSize) return refuse(400, "Exceeded maximum of 25 transactions");
  const wrong = parsed.findIndex((one: unknown) => typeof one !== "string" || !hexOnly.test(one));
  if (wrong >= 0) return refuse(400, `Invalid transaction hex for item ${String(wrong)}`);
  const sent = await context.rpc.call<unknown>("submitpackage", [parsed]);
  if (!sent.ok) {
    return sent.error.code === "bitcoind_unreachable"
      ? unreachable()
      : rpcError("submitpackage", sent.error);
  }
  await context.mempool.refresh();
  return json(sent.value);
}
