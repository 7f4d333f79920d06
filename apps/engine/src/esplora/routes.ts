import { refuse } from "./answer.ts";
import type { EsploraAnswer, EsploraContext, Handler } from "./answer.ts";
import { getBlockAtHeight, getBlock, getBlocks, getHeaders, getTip } from "./blocks.ts";
import { broadcast, broadcastPackage, getFeeEstimates, getMempool } from "./mempool.ts";
import { getAddress } from "./addresses.ts";
import { getTransaction } from "./transactions.ts";

export type { EsploraAnswer, EsploraContext } from "./answer.ts";

/** The GET paths. Their parameters are validated by the handlers. */
const routes: readonly (readonly [RegExp, Handler])[] = [
  [/^blocks\/tip\/(?:height|hash)$/u, getTip],
  [/^blocks(?:\/\d[^/]*)?$/u, getBlocks],
  [/^block-headers\/[^/]*\/[^/]*$/u, getHeaders],
  [/^block-height\/[^/]*$/u, getBlockAtHeight],
  [/^block\/[^/]*(?:\/(?:header|raw|status|txids|txid\/\d+))?$/u, getBlock],
  [
    /^tx\/[^/]*(?:\/(?:hex|raw|status|merkle-proof|merkleblock-proof|outspends))?$/u,
    getTransaction,
  ],
  [/^tx\/[^/]*\/outspend\/[^/]*$/u, getTransaction],
  [
    /^(?:address|scripthash)\/[^/]*(?:\/(?:utxo|txs|txs\/mempool|txs\/chain|txs\/chain\/[^/]*))?$/u,
    getAddress,
  ],
  [/^mempool$/u, getMempool],
  [/^fee-estimates$/u, getFeeEstimates],
];

/**
 * Answers one request of the Esplora HTTP API (Blockstream's electrs, `src/rest.rs`): the endpoints that wallets use.
 * @param path without the API's prefix.
 */
export async function answerEsplora(
  context: EsploraContext,
  method: string,
  path: string,
  body: Buffer,
): Promise<EsploraAnswer> {
  const missing = refuse(404, `endpoint does not exist ${JSON.stringify(`/${path}`)}`);
  if (method === "POST") {
    if (path === "tx") return broadcast(context, body);
    return path === "txs/package" ? broadcastPackage(context, body) : missing;
  }
  if (method !== "GET" && method !== "HEAD") return missing;
  const handler = routes.find(([pattern]) => pattern.test(path))?.[1];
  return handler === undefined ? missing : handler(context, path.split("/"));
}
