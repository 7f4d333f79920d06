import type { BitcoinRpc } from "../bitcoin/rpc.ts";
import { satoshis } from "../bitcoin/core-types.ts";
import type { CoreScript, CoreTransaction } from "../bitcoin/core-types.ts";
import { outpoint } from "./reader.ts";
import type { ChainReader, OutputId, ScriptStats } from "./reader.ts";
import { scriptHash } from "./script-hash.ts";

type MempoolSpend = { readonly txid: string; readonly vin: number };
type MempoolOutput = OutputId & { readonly valueSat: bigint };

/**
 * Unconfirmed transactions by script and by spent output, up to `maxTransactions`. Ids in display order, scripthashes
 * in hex.
 */
export type Mempool = {
  /**
   * Reads the changes of Bitcoin Core's mempool. Only one read runs at a time; calls made during it share the next
   * one.
   */
  readonly refresh: () => Promise<void>;
  /** Transactions that pay or spend a script, newest first. */
  readonly transactionsOf: (scripthash: string, limit: number) => readonly string[];
  readonly spendOf: (output: OutputId) => MempoolSpend | null;
  /** Outputs to a script that no unconfirmed transaction spends. */
  readonly unspentOf: (scripthash: string) => readonly MempoolOutput[];
  readonly statsOf: (scripthash: string) => ScriptStats;
  /**
   * Pairs `[feerate in sat/vB, total vB]`, highest feerate first. Each counts the transactions that pay at least its
   * feerate and less than the previous pair's. Transactions of unknown fee are left out.
   */
  readonly feeHistogram: () => readonly (readonly [number, number])[];
  readonly size: () => number;
};

/** Maximum number of transactions that are indexed, to bound memory. */
const maxTransactions = 50_000;
const batchSize = 200;
/** Width of a histogram bin, in virtual bytes, as in electrs. */
const histogramWidth = 50_000;

type Coin = { readonly scripthash: string; readonly valueSat: bigint };
type Entry = {
  readonly txid: string;
  readonly order: number;
  readonly virtualBytes: number;
  readonly outputs: readonly (Coin & { readonly vout: number })[];
  /** `coin` is null when the spent output is unknown. */
  readonly inputs: readonly { readonly spends: OutputId; readonly coin: Coin | null }[];
};

export function createMempool(rpc: BitcoinRpc, reader: Pick<ChainReader, "outputs">): Mempool {
  const entries = new Map<string, Entry>();
  const byScript = new Map<string, Set<Entry>>();
  const spends = new Map<string, MempoolSpend>();
  let order = 0;
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;

  function scriptsOf(entry: Entry): ReadonlySet<string> {
    const spent = entry.inputs.flatMap(({ coin }) => (coin === null ? [] : [coin.scripthash]));
    return new Set([...entry.outputs.map(({ scripthash }) => scripthash), ...spent]);
  }

  function add(entry: Entry): void {
    entries.set(entry.txid, entry);
    for (const script of scriptsOf(entry)) {
      const known = byScript.get(script);
      if (known === undefined) byScript.set(script, new Set([entry]));
      else known.add(entry);
    }
    entry.inputs.forEach((input, vin) => {
      spends.set(outpoint(input.spends), { txid: entry.txid, vin });
    });
  }

  function remove(entry: Entry): void {
    entries.delete(entry.txid);
    for (const script of scriptsOf(entry)) {
      const known = byScript.get(script);
      known?.delete(entry);
      if (known?.size === 0) byScript.delete(script);
    }
    for (const input of entry.inputs) {
      const name = outpoint(input.spends);
      // A replacement may already spend the same output.
      if (spends.get(name)?.txid === entry.txid) spends.delete(name);
    }
  }

  /**
   * Finds the outputs that these transactions spend. Looks among these transactions, then in the mempool, the index
   * and Bitcoin Core's UTXO set.
   */
  async function spentCoins(
    transactions: readonly CoreTransaction[],
  ): Promise<ReadonlyMap<string, Coin>> {
    const coins = new Map<string, Coin>();
    for (const transaction of transactions) {
      for (const output of transaction.vout) {
        const id = { txid: transaction.txid, vout: output.n };
        coins.set(outpoint(id), coinOf(output.scriptPubKey, output.value));
      }
    }
    const inputs = transactions.flatMap(({ vin }) =>
      vin.flatMap(({ txid, vout }) =>
        txid === undefined || vout === undefined ? [] : [{ txid, vout }],
      ),
    );
    for (const id of inputs) {
      const parent = entries.get(id.txid)?.outputs.find(({ vout }) => vout === id.vout);
      if (parent !== undefined) coins.set(outpoint(id), parent);
    }
    const missing = () => inputs.filter((id) => !coins.has(outpoint(id)));
    for (const [name, coin] of await reader.outputs(missing())) coins.set(name, coin);
    const unknown = missing();
    const asked = await rpc.batch<{
      readonly value: number;
      readonly scriptPubKey: CoreScript;
    } | null>(
      unknown.map(({ txid, vout }) => ({ method: "gettxout", params: [txid, vout, false] })),
    );
    if (!asked.ok) return coins;
    unknown.forEach((id, index) => {
      const answer = asked.value[index];
      if (answer?.ok === true && answer.value !== null) {
        coins.set(outpoint(id), coinOf(answer.value.scriptPubKey, answer.value.value));
      }
    });
    return coins;
  }

  async function readMempool(): Promise<void> {
    const listed = await rpc.call<readonly string[]>("getrawmempool");
    if (!listed.ok) return;
    const now = new Set(listed.value.slice(0, maxTransactions));
    for (const entry of entries.values()) if (!now.has(entry.txid)) remove(entry);
    const fresh = [...now].filter((txid) => !entries.has(txid));
    for (let from = 0; from < fresh.length; from += batchSize) {
      const read = await rpc.batch<CoreTransaction>(
        fresh
          .slice(from, from + batchSize)
          .map((txid) => ({ method: "getrawtransaction", params: [txid, 1] })),
      );
      if (!read.ok) return;
      // A transaction may have left the mempool since it was listed.
      const transactions = read.value.flatMap((one) => (one.ok ? [one.value] : []));
      const coins = await spentCoins(transactions);
      for (const transaction of transactions) add(entryOf(transaction, coins, (order += 1)));
    }
  }

  function refresh(): Promise<void> {
    if (running === undefined) {
      running = readMempool().finally(() => {
        running = undefined;
      });
      return running;
    }
    // The current run may miss the latest changes: wait for another one.
    queued ??= running
      .catch(() => {})
      .then(() => {
        queued = undefined;
        return refresh();
      });
    return queued;
  }

  return {
    refresh,
    transactionsOf: (scripthash, limit) =>
      [...(byScript.get(scripthash) ?? [])]
        .toSorted((one, other) => other.order - one.order)
        .slice(0, limit)
        .map(({ txid }) => txid),
    spendOf: (output) => spends.get(outpoint(output)) ?? null,
    unspentOf: (scripthash) =>
      [...(byScript.get(scripthash) ?? [])].flatMap((entry) =>
        entry.outputs
          .filter((output) => output.scripthash === scripthash)
          .map(({ vout, valueSat }) => ({ txid: entry.txid, vout, valueSat }))
          .filter((output) => !spends.has(outpoint(output))),
      ),
    statsOf(scripthash) {
      const touching = [...(byScript.get(scripthash) ?? [])];
      const here = (coin: Coin | null): coin is Coin => coin?.scripthash === scripthash;
      const funded = touching.flatMap(({ outputs }) => outputs.filter(here));
      const spent = touching.flatMap(({ inputs }) => inputs.map(({ coin }) => coin).filter(here));
      const sum = (coins: readonly Coin[]): bigint =>
        coins.reduce((total, { valueSat }) => total + valueSat, 0n);
      return {
        fundedCount: funded.length,
        fundedSat: sum(funded),
        spentCount: spent.length,
        spentSat: sum(spent),
        transactionCount: touching.length,
      };
    },
    feeHistogram: () => histogramOf([...entries.values()]),
    size: () => entries.size,
  };
}

function coinOf(script: CoreScript, bitcoin: number): Coin {
  return {
    scripthash: scriptHash(script.hex).toString("hex"),
    valueSat: BigInt(satoshis(bitcoin)),
  };
}

function entryOf(
  transaction: CoreTransaction,
  coins: ReadonlyMap<string, Coin>,
  order: number,
): Entry {
  return {
    txid: transaction.txid,
    order,
    virtualBytes: Math.ceil(transaction.weight / 4),
    outputs: transaction.vout.map((output) => ({
      vout: output.n,
      ...coinOf(output.scriptPubKey, output.value),
    })),
    inputs: transaction.vin.flatMap(({ txid, vout }) =>
      txid === undefined || vout === undefined
        ? []
        : [{ spends: { txid, vout }, coin: coins.get(outpoint({ txid, vout })) ?? null }],
    ),
  };
}

/** As electrs does: from the highest feerate down, starts a new bin when the current one exceeds `histogramWidth`. */
function histogramOf(entries: readonly Entry[]): readonly (readonly [number, number])[] {
  const rated = entries.flatMap((entry) => {
    if (entry.inputs.some(({ coin }) => coin === null)) return [];
    const paid = entry.inputs.reduce((sum, { coin }) => sum + (coin?.valueSat ?? 0n), 0n);
    const kept = entry.outputs.reduce((sum, { valueSat }) => sum + valueSat, 0n);
    const { virtualBytes } = entry;
    return [{ rate: Number(paid - kept) / virtualBytes, virtualBytes }];
  });
  rated.sort((one, other) => other.rate - one.rate);
  const bins: [number, number][] = [];
  let bytes = 0;
  let last = 0;
  for (const { rate, virtualBytes } of rated) {
    if (bytes > histogramWidth && rate < last) {
      bins.push([last, bytes]);
      bytes = 0;
    }
    bytes += virtualBytes;
    last = rate;
  }
  if (bytes > 0) bins.push([last, bytes]);
  return bins;
}
