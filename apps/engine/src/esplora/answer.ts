import type { BitcoinRpc, RpcResult } from "../bitcoin/rpc.ts";
import type { Network } from "../bitcoin/chain-health.ts";
import type { Mempool } from "../chain-index/mempool.ts";
import type { ChainReader } from "../chain-index/reader.ts";

/** A response of the API. `immutable`: it never changes and may be cached forever. */
export type EsploraAnswer = {
  readonly status: number;
  readonly type: "application/json" | "text/plain" | "application/octet-stream";
  readonly body: string | Buffer;
  readonly immutable: boolean;
};

export type EsploraContext = {
  readonly network: Network;
  readonly rpc: BitcoinRpc;
  readonly reader: ChainReader;
  readonly mempool: Mempool;
};

/** Answers a GET request; `parts` are the segments of its path. */
export type Handler = (context: EsploraContext, parts: readonly string[]) => Promise<EsploraAnswer>;

export function json(value: unknown, immutable = false): EsploraAnswer {
  return { status: 200, type: "application/json", body: JSON.stringify(value), immutable };
}

export function text(body: string, immutable = false): EsploraAnswer {
  return { status: 200, type: "text/plain", body, immutable };
}

export function bytes(hex: string, immutable = false): EsploraAnswer {
  return {
    status: 200,
    type: "application/octet-stream",
    body: Buffer.from(hex, "hex"),
    immutable,
  };
}

export function refuse(status: number, body: string): EsploraAnswer {
  return { status, type: "text/plain", body, immutable: false };
}

export function unreachable(): EsploraAnswer {
  return refuse(503, "Bitcoin Core does not answer. Try again.");
}

/**
 * The response to a failed RPC call: 503 when Bitcoin Core is unreachable or has pruned the block, else 404 with `notFound`, which is
 * electrs's text.
 */
export function rpcFailed(
  answer: Extract<RpcResult<unknown>, { readonly ok: false }>,
  notFound: string,
): EsploraAnswer {
  if (answer.error.code === "bitcoind_unreachable") return unreachable();
  // Not 404: the block exists, and a client that hears otherwise would conclude that it was disconnected.
  return /pruned data/iu.test(answer.error.message)
    ? refuse(503, "Bitcoin Core has pruned this block.")
    : refuse(404, notFound);
}

export const isHash = (value: string | undefined): value is string =>
  value !== undefined && /^[0-9a-f]{64}$/iu.test(value);
export const isNumber = (value: string | undefined): value is string =>
  value !== undefined && /^\d{1,10}$/u.test(value);
