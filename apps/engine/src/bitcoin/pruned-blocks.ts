import type { BitcoinRpc } from "./rpc.ts";

/** Blocks requested at a time: Bitcoin Core may prune them again before they are read, so not many more than needed. */
const blocksAtATime = 32;

type PeerInfo = { readonly id: number; readonly servicesnames: readonly string[] };

/**
 * Makes Bitcoin Core fetch blocks that it has pruned from peers that have all blocks (`getblockfrompeer`). They arrive
 * some time later; until then the call may be repeated.
 * @returns how many blocks, from this height on, are there already or were requested; 0 when no peer has old blocks.
 */
export async function requestPrunedBlocks(rpc: BitcoinRpc, fromHeight: number): Promise<number> {
  const peers = await rpc.call<readonly PeerInfo[]>("getpeerinfo");
  if (!peers.ok) return 0;
  const full = peers.value.filter(({ servicesnames }) => servicesnames.includes("NETWORK"));
  if (full.length === 0) return 0;
  let requested = 0;
  for (let height = fromHeight; height < fromHeight + blocksAtATime; height += 1) {
    const hash = await rpc.call<string>("getblockhash", [height]);
    if (!hash.ok) break;
    const peer = full[requested % full.length];
    const asked = await rpc.call("getblockfrompeer", [hash.value, peer?.id]);
    // "Block already downloaded" is as good; anything else, such as a peer that has left, is tried again later.
    if (!asked.ok && !/already downloaded/iu.test(asked.error.message)) break;
    requested += 1;
  }
  return requested;
}

/** For the operator: which block is missing, and what to do. */
export function prunedRefusal(height: number): string {
  return (
    `Bitcoin Core has pruned block ${String(height)}, which this node has not read yet, and none of its peers offers old ` +
    "blocks. Connect it to a peer with all blocks (addnode), restart it with -reindex and a larger or no prune= setting, " +
    "or let BITCOIND_RPC_URL name a Bitcoin Core that has the block."
  );
}
