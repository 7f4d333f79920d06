import { refuse } from "./answer.ts";
import type { EsploraAnswer, EsploraTools, Handler } from "./answer.ts";
import { atHeight, ofBlock, ofTip } from "./blocks.ts";
import { broadcast, broadcastPackage, feeEstimates, ofMempool } from "./mempool.ts";
import { ofScript } from "./addresses.ts";
import { ofTransaction } from "./transactions.ts";

export type { EsploraAnswer, EsploraTools } from "./answer.ts";

/** Paths that are there; what stands for a name is checked by its handler. */
const routes: readonly (readonly [RegExp, Handler])[] = [
  [/^blocks\/tip\/(?:height|hash)$/u, ofTip],
  [/^block-height\/[^/]*$/u, atHeight],
  [/^block\/[^/]*(?:\/(?:header|raw|status|txids))?$/u, ofBlock],
  [/^tx\/[^/]*(?:\/(?:hex|raw|status|merkle-proof|merkleblock-proof|outspends))?$/u, ofTransaction],
  [/^tx\/[^/]*\/outspend\/[^/]*$/u, ofTransaction],
  [
    /^(?:address|scripthash)\/[^/]*(?:\/(?:utxo|txs|txs\/mempool|txs\/chain|txs\/chain\/[^/]*))?$/u,
    ofScript,
  ],
  [/^mempool$/u, ofMempool],
  [/^fee-estimates$/u, feeEstimates],
];

/**
 * Answers one request of the Esplora HTTP API (Blockstream's electrs, `src/rest.rs`), as far as wallets need it. `path`
 * is behind the API's own prefix.
 */
export async function answerEsplora(
  tools: EsploraTools,
  method: string,
  path: string,
  body: Buffer,
): Promise<EsploraAnswer> {
  const missing = refuse(404, `endpoint does not exist ${JSON.stringify(`/${path}`)}`);
  if (method === "POST") {
    if (path === "tx") return broadcast(tools, body);
    return path === "txs/package" ? broadcastPackage(tools, body) : missing;
  }
  if (method !== "GET" && method !== "HEAD") return missing;
  const handler = routes.find(([pattern]) => pattern.test(path))?.[1];
  return handler === undefined ? missing : handler(tools, path.split("/"));
}
