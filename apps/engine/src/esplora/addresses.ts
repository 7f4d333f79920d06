import { scriptHash } from "../chain-index/script-hash.ts";
import { rpcFailed, isHash, json, refuse, unreachable } from "./answer.ts";
import type { EsploraAnswer, EsploraContext, Handler } from "./answer.ts";
import { esploraStats, esploraStatus } from "./shapes.ts";
import { describeTransaction } from "./transactions.ts";

const chainPage = 25;
const mempoolPage = 50;
const maxUnspent = 500;

/** Matches an address of any network, to tell an address of the wrong network from text that is not an address. */
const anyNetworkAddress = /^(?:bc1|tb1|bcrt1|[123mn])[0-9a-z]{10,90}$/iu;

async function scriptHashOf(
  { rpc }: EsploraContext,
  kind: string,
  name: string,
): Promise<Buffer | EsploraAnswer> {
  if (kind === "scripthash") {
    return isHash(name) ? Buffer.from(name, "hex") : refuse(400, "Invalid scripthash");
  }
  const checked = await rpc.call<{ readonly isvalid: boolean; readonly scriptPubKey?: string }>(
    "validateaddress",
    [name],
  );
  if (!checked.ok) return rpcFailed(checked, "");
  if (checked.value.scriptPubKey !== undefined) return scriptHash(checked.value.scriptPubKey);
  return refuse(
    400,
    anyNetworkAddress.test(name) ? "Address on invalid network" : "Invalid Bitcoin address",
  );
}

/** Reads the mempool before the index, so that a transaction confirmed in between is found in at least one of them. */
async function history(
  context: EsploraContext,
  script: Buffer,
  part: string | undefined,
  after: string | undefined,
): Promise<EsploraAnswer> {
  const { reader, mempool } = context;
  const waiting =
    part === "chain" ? [] : mempool.transactionsOf(script.toString("hex"), mempoolPage);
  const confirmed = part === "mempool" ? [] : await reader.transactionsOf(script, chainPage, after);
  const ids = [...new Set([...waiting, ...confirmed])];
  const described = await Promise.all(ids.map((txid) => describeTransaction(context, txid)));
  // A transaction may have left the mempool in the meantime. One of the index is there: without it the history would look
  // complete and hide a payment or a spend.
  const isIncomplete = described.some(
    (one, place) =>
      !one.ok &&
      (one.error.code === "bitcoind_unreachable" || confirmed.includes(ids[place] ?? "")),
  );
  if (isIncomplete) return unreachable();
  return json(described.flatMap((one) => (one.ok ? [one.value] : [])));
}

async function unspent(
  { reader, mempool }: EsploraContext,
  script: Buffer,
): Promise<EsploraAnswer> {
  const confirmed = await reader.unspentOf(script, maxUnspent);
  if (confirmed === null) {
    return refuse(400, `Too many unspent transaction outputs (>${String(maxUnspent)})`);
  }
  const known = new Set(confirmed.map(({ txid }) => txid));
  const waiting = mempool.unspentOf(script.toString("hex")).filter(({ txid }) => !known.has(txid));
  return json([
    ...confirmed
      .filter((output) => mempool.spendOf(output) === null)
      .map(({ txid, vout, valueSat, block }) => ({
        txid,
        vout,
        status: esploraStatus(block),
        value: Number(valueSat),
      })),
    ...waiting.map(({ txid, vout, valueSat }) => ({
      txid,
      vout,
      status: esploraStatus(null),
      value: Number(valueSat),
    })),
  ]);
}

/** `/address|scripthash/:name[/txs[/mempool|/chain[/:last]]|/utxo]` */
export const getAddress: Handler = async (context, [kind = "", name = "", list, part, after]) => {
  const script = await scriptHashOf(context, kind, name);
  if (!Buffer.isBuffer(script)) return script;
  if (list === "utxo") return unspent(context, script);
  if (list === "txs") {
    return history(context, script, part, isHash(after) ? after.toLowerCase() : undefined);
  }
  return json({
    [kind]: name,
    chain_stats: esploraStats(await context.reader.statsOf(script)),
    mempool_stats: esploraStats(context.mempool.statsOf(script.toString("hex"))),
  });
};
