import type { BitcoinRpc } from "../bitcoin/rpc.ts";
import type { CoreTransaction } from "../bitcoin/types.ts";
import { scriptHash } from "./indexer.ts";

export type MempoolSpend = { readonly txid: string; readonly vin: number };

/** What is unconfirmed, by script and by spent output, as far as it fits. */
export type Mempool = {
  /** Looks at Bitcoin Core's mempool and reads what is new. */
  readonly refresh: () => Promise<void>;
  readonly transactionsOf: (scripthash: Buffer) => readonly CoreTransaction[];
  readonly spendOf: (txid: string, vout: number) => MempoolSpend | null;
  readonly size: () => number;
};

/** A busy mempool has more than a phone's few scripts are worth: beyond this many the rest is not looked at. */
const mostTransactions = 50_000;
const batchSize = 200;

export function createMempool(rpc: BitcoinRpc): Mempool {
  const transactions = new Map<string, CoreTransaction>();
  let byScript = new Map<string, Set<string>>();
  let spends = new Map<string, MempoolSpend>();

  function reindex(): void {
    byScript = new Map();
    spends = new Map();
    for (const transaction of transactions.values()) {
      const touch = (script: string): void => {
        const key = scriptHash(script).toString("hex");
        const known = byScript.get(key);
        if (known === undefined) byScript.set(key, new Set([transaction.txid]));
        else known.add(transaction.txid);
      };
      for (const output of transaction.vout) touch(output.scriptPubKey.hex);
      transaction.vin.forEach((input, vin) => {
        if (input.txid === undefined || input.vout === undefined) return;
        spends.set(`${input.txid}:${String(input.vout)}`, { txid: transaction.txid, vin });
        if (input.prevout !== undefined) touch(input.prevout.scriptPubKey.hex);
        const parent = transactions.get(input.txid)?.vout[input.vout];
        if (parent !== undefined) touch(parent.scriptPubKey.hex);
      });
    }
  }

  return {
    async refresh() {
      const listed = await rpc.call<readonly string[]>("getrawmempool");
      if (!listed.ok) return;
      const now = new Set(listed.value.slice(0, mostTransactions));
      let changed = false;
      for (const txid of transactions.keys()) {
        if (!now.has(txid)) changed = transactions.delete(txid) || changed;
      }
      const fresh = [...now].filter((txid) => !transactions.has(txid));
      for (let from = 0; from < fresh.length; from += batchSize) {
        const read = await rpc.batch<CoreTransaction>(
          fresh
            .slice(from, from + batchSize)
            .map((txid) => ({ method: "getrawtransaction", params: [txid, 2] })),
        );
        if (!read.ok) break;
        for (const one of read.value) {
          if (!one.ok) continue;
          transactions.set(one.value.txid, one.value);
          changed = true;
        }
      }
      if (changed) reindex();
    },
    transactionsOf: (scripthash) =>
      [...(byScript.get(scripthash.toString("hex")) ?? [])].flatMap((txid) => {
        const transaction = transactions.get(txid);
        return transaction === undefined ? [] : [transaction];
      }),
    spendOf: (txid, vout) => spends.get(`${txid}:${String(vout)}`) ?? null,
    size: () => transactions.size,
  };
}
