import type { BitcoinRpc } from "../bitcoin/rpc.ts";
import type { ChainIndexer } from "../chain-index/indexer.ts";
import type { LightningBackend } from "../lightning/backend.ts";
import type { Health } from "./server.ts";

/** Ready: database and Bitcoin Core answer, the node runs (and so holds its lease) and is where the chain is. */
export function createHealth(options: {
  readonly backend: LightningBackend;
  readonly rpc: BitcoinRpc;
  readonly indexer: ChainIndexer;
}): () => Promise<Health> {
  return async () => {
    const [database, blocks] = await Promise.all([
      options.indexer.tip().then(
        (tip) => tip,
        () => null,
      ),
      options.rpc.call<number>("getblockcount"),
    ]);
    const say = (holds: boolean) => (holds ? "ok" : "unavailable");
    const checks = {
      database: say(database !== null),
      bitcoind: say(blocks.ok),
      node: say(options.backend.running()),
      chain: say(options.backend.tip().synced),
    } as const;
    return { ready: Object.values(checks).every((check) => check === "ok"), checks };
  };
}
