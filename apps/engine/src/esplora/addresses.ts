import { scriptHash } from "../chain-index/script-hash.ts";
import { failed, isHash, json, refuse, unreachable } from "./answer.ts";
import type { EsploraAnswer, EsploraTools, Handler } from "./answer.ts";
import { esploraStats, esploraStatus } from "./shapes.ts";
import { describeTransaction } from "./transactions.ts";

const chainPage = 25;
const mempoolPage = 50;
const mostUnspent = 500;

/** An address's prefixes by network: one that is well formed for another network is told so. */
const foreign = /^(?:bc1|tb1|bcrt1|[123mn])[0-9a-z]{10,90}$/iu;

async function scriptOf(
  { rpc }: EsploraTools,
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
  if (!checked.ok) return failed(checked, "");
  if (checked.value.scriptPubKey !== undefined) return scriptHash(checked.value.scriptPubKey);
  return refuse(400, foreign.test(name) ? "Address on invalid network" : "Invalid Bitcoin address");
}

/** Of the mempool first: one that confirms between the two looks is then in at least one of them. */
async function history(
  tools: EsploraTools,
  script: Buffer,
  part: string | undefined,
  after: string | undefined,
): Promise<EsploraAnswer> {
  const { reader, mempool } = tools;
  const waiting =
    part === "chain" ? [] : mempool.transactionsOf(script.toString("hex"), mempoolPage);
  const confirmed = part === "mempool" ? [] : await reader.transactionsOf(script, chainPage, after);
  const ids = [...new Set([...waiting, ...confirmed])];
  const described = await Promise.all(ids.map((txid) => describeTransaction(tools, txid)));
  const away = described.some((one) => !one.ok && one.error.code === "bitcoind_unreachable");
  if (away) return unreachable();
  // one that has left the mempool since is not there
  return json(described.flatMap((one) => (one.ok ? [one.value] : [])));
}

async function unspent({ reader, mempool }: EsploraTools, script: Buffer): Promise<EsploraAnswer> {
  const confirmed = await reader.unspentOf(script, mostUnspent);
  if (confirmed === null) {
    return refuse(400, `Too many unspent transaction outputs (>${String(mostUnspent)})`);
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
export const ofScript: Handler = async (tools, [kind = "", name = "", list, part, after]) => {
  const script = await scriptOf(tools, kind, name);
  if (!Buffer.isBuffer(script)) return script;
  if (list === "utxo") return unspent(tools, script);
  if (list === "txs") {
    return history(tools, script, part, isHash(after) ? after.toLowerCase() : undefined);
  }
  return json({
    [kind]: name,
    chain_stats: esploraStats(await tools.reader.statsOf(script)),
    mempool_stats: esploraStats(tools.mempool.statsOf(script.toString("hex"))),
  });
};
