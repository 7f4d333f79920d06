import { sha256 } from "@noble/hashes/sha2.js";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { fromDisplayId } from "../bitcoin/hash.ts";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import { isHex } from "../encoding/bytes.ts";
import type {
  ChainConsumer,
  ChainErrorCode,
  ChainPosition,
  ChainSetting,
  ChainTip,
} from "../ports/chain-source.ts";
import type { WatchItem } from "../core/output.ts";
import { chainPolicy } from "../model/policy.ts";
import { estimatesFrom } from "./fee-rates.ts";
import { HeaderChain } from "./header-chain.ts";
import type { HeaderSource } from "./header-chain.ts";
import type { ComparableSource } from "./several-sources.ts";
import { headerLength, readBlockHeader } from "../bitcoin/block-header.ts";
import type { BlockHeader } from "../bitcoin/block-header.ts";
import { rootOfBranch } from "../bitcoin/merkle.ts";
import { transactionId } from "../bitcoin/transaction.ts";

export type EsploraChainOptions = {
  /** Base URL of the API, for example `https://example.org/esplora`. */
  readonly url: string;
  readonly pollIntervalMs?: number;
  readonly fetch?: typeof fetch;
};

/** The chain could not be read: the server is unreachable, or its answers contradict each other. */
class ChainReadFailed extends Error {
  readonly code: ChainErrorCode;
  constructor(code: ChainErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

type Status =
  | { readonly confirmed: false }
  | { readonly confirmed: true; readonly block_height: number; readonly block_hash: string };
type Found = { readonly txid: string; readonly height: number; readonly blockHash: string };
type Proven = Found & {
  readonly bytes: Uint8Array;
  readonly index: number;
  readonly header: Uint8Array;
};

/** Confirmed transactions per page of `scripthash/:hash/txs`, fixed by the API. */
const historyPageSize = 25;

/**
 * A chain source over an Esplora API. The best block must link to the one known before by valid headers
 * (`HeaderChain`), and the chain with more work wins. Confirmations are verified: their block must be in that chain,
 * and a Merkle branch must link the transaction to it. Omissions cannot be detected: that takes a second source, see
 * `severalSources`.
 */
export function esploraChain(options: EsploraChainOptions): ComparableSource {
  const api = connect(options);
  /** Reported to the core by this process: `txid@blockHash` for confirmed transactions, `txid` for unconfirmed ones. */
  const reported = new Set<string>();
  const headers = headerSource(api);
  /** Lookups that the server has answered. */
  const answered = new WeakSet<WatchItem>();
  let lastTip: string | undefined;
  let lastWatchCount = 0;
  let chain: HeaderChain | undefined;

  const tip = (setting: ChainSetting): Promise<Result<ChainTip, ChainErrorCode>> =>
    guarded(async () => {
      const best = await bestTip(api);
      const begun = new HeaderChain(headers, setting);
      checked(await begun.beginAt({ height: best.tip.height, header: best.header }));
      chain = begun;
      return best.tip;
    });

  /** The headers known to this process, from the core's best block. */
  async function chainOf(core: ChainConsumer): Promise<HeaderChain> {
    const { bestBlock } = await core.position();
    if (chain?.has(bestBlock) === true) return chain;
    const begun = new HeaderChain(headers, core);
    checked(await begun.begin(bestBlock, await core.facts()));
    chain = begun;
    return begun;
  }

  async function synchroniseOnce(core: ChainConsumer): Promise<ChainTip> {
    for (let count = 0; count < chainPolicy.maxEsploraPasses; count++) {
      const best = await bestTip(api);
      const watchCount = core.watchList().length;
      // neither a new block nor anything new to watch
      if (best.tip.hash === lastTip && watchCount === lastWatchCount) return best.tip;
      const known = await chainOf(core);
      checked(await known.advance({ height: best.tip.height, header: best.header }));
      await reportUnconfirmed(known, await core.position(), reported, core);
      await reportConfirmed(api, core, reported, best.tip.height, known);
      await reportLookups(api, core, answered, best.tip.height, known);
      await reportEvicted(api, core, reported);
      if ((await bestTip(api)).tip.hash !== best.tip.hash) continue;
      await core.tip(best.tip.height, best.header, known.facts());
      lastTip = best.tip.hash;
      lastWatchCount = watchCount;
      return best.tip;
    }
    throw new ChainReadFailed("chain_inconsistent", "The chain kept changing while it was read.");
  }

  return {
    name: new URL(options.url).host,
    header: (hash) =>
      guarded(async () => {
        const hex = await api.text(`block/${hash}/header`);
        return hex !== undefined && isHex(hex) ? hexToBytes(hex) : undefined;
      }),
    restart() {
      reported.clear();
      lastTip = undefined;
    },
    follows: "transactions",
    pollIntervalMs: options.pollIntervalMs ?? chainPolicy.esploraPollIntervalMs,
    tip,
    synchronise: (core) => guarded(() => synchroniseOnce(core)),
    feeEstimates: () =>
      guarded(async () => {
        const rates = (await api.json<Record<string, number>>("fee-estimates")) ?? {};
        // Esplora does not report the mempool's floor. Bitcoin Core puts no estimate below it, so it is at most the
        // lowest one; that is slightly more than needed.
        const all = Object.values(rates).filter((rate) => Number.isFinite(rate) && rate > 0);
        return estimatesFrom(
          (blocks) => rates[String(blocks)],
          all.length === 0 ? undefined : Math.min(...all),
        );
      }),
    async broadcast(transactions) {
      const hex = transactions.map(bytesToHex);
      if (hex.length === 0) return ok(undefined);
      const sent = await api.post(
        hex.length === 1 ? "tx" : "txs/package",
        hex.length === 1 ? (hex[0] ?? "") : JSON.stringify(hex),
      );
      if (sent === undefined) return unreachable();
      const known = /already in|txn-already|already-known|-27/iu;
      if (sent.ok && !rejectedInPackage(sent.text, known)) return ok(undefined);
      if (known.test(sent.text)) return ok(undefined);
      return err(
        "broadcast_rejected",
        `The network rejected the transaction: ${sent.text.slice(0, 300)}`,
        "never",
      );
    },
    watch() {
      // Esplora has no notifications: it is polled
    },
  };
}

function unreachable() {
  return err("chain_unreachable", "The chain server did not answer.", "safe");
}

async function guarded<Value>(work: () => Promise<Value>): Promise<Result<Value, ChainErrorCode>> {
  try {
    return ok(await work());
  } catch (error) {
    if (error instanceof ChainReadFailed) return err(error.code, error.message, "safe");
    throw error;
  }
}

/** The value. @throws ChainReadFailed with the failure's code. */
function checked<Value>(result: Result<Value, ChainErrorCode>): Value {
  if (!result.ok) throw new ChainReadFailed(result.error.code, result.error.message);
  return result.value;
}

/** Fields of a block in `blocks/:height`, as far as they make its header. */
const listedFields = {
  height: "number",
  version: "number",
  previousblockhash: "string",
  merkle_root: "string",
  timestamp: "number",
  bits: "number",
  nonce: "number",
} as const;
type ListedBlock = {
  readonly [Name in keyof typeof listedFields]: (typeof listedFields)[Name] extends "number"
    ? number
    : string;
};

function isListedBlock(value: unknown): value is ListedBlock {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(listedFields).every(([name, type]) => typeof fields[name] === type);
}

/**
 * Reads headers by hash, and by height in bulk: from `block-headers/:height/:count`, which our engine has, or else from
 * `blocks/:height`, which every Esplora has, at four times the bytes.
 */
function headerSource(api: Api): HeaderSource {
  let hasBulk = true;

  async function listed(height: number, count: number): Promise<Uint8Array[]> {
    const { esploraBlocksPerPage } = chainPolicy;
    const tops = Array.from(
      { length: Math.ceil(count / esploraBlocksPerPage) },
      (_, page) => height + Math.min(count, (page + 1) * esploraBlocksPerPage) - 1,
    );
    const pages = await eachOf(tops, (top) => api.json<unknown>(`blocks/${String(top)}`));
    const blocks = pages.flatMap((page) => (Array.isArray(page) ? page.filter(isListedBlock) : []));
    const byHeight = new Map(blocks.map((one) => [one.height, one]));
    const bytes: Uint8Array[] = [];
    for (let block = byHeight.get(height); block !== undefined && bytes.length < count;) {
      bytes.push(headerBytes(block));
      block = byHeight.get(height + bytes.length);
    }
    return bytes;
  }

  return {
    byHash: async (hash) => {
      const hex = await api.text(`block/${hash}/header`);
      return hex !== undefined && isHex(hex) ? hexToBytes(hex) : undefined;
    },
    coinbase: async (hash) => {
      const txid = await api.text(`block/${hash}/txid/0`);
      if (txid === undefined || !isHex(txid, 32)) return undefined;
      const [bytes, proof] = await Promise.all([
        transactionBytes(api, txid),
        api.json<{ readonly merkle?: unknown }>(`tx/${txid}/merkle-proof`),
      ]);
      const branch: unknown = proof?.merkle;
      const isBranch = (value: unknown): value is string[] =>
        Array.isArray(value) && value.every((hash) => typeof hash === "string");
      return bytes !== undefined && isBranch(branch) ? { bytes, branch } : undefined;
    },
    from: async (height, count) => {
      if (hasBulk) {
        const hex = await api.text(`block-headers/${String(height)}/${String(count)}`);
        if (hex !== undefined && hex.length <= count * 2 * headerLength && isHex(hex)) {
          const all = hexToBytes(hex);
          return Array.from({ length: Math.floor(all.length / headerLength) }, (_, at) =>
            all.subarray(at * headerLength, (at + 1) * headerLength),
          );
        }
        hasBulk = false;
      }
      return listed(height, count);
    },
  };
}

/** The header that the fields describe, or no bytes. */
function headerBytes(block: ListedBlock): Uint8Array {
  const { previousblockhash: previous, merkle_root: root } = block;
  if (!isHex(previous, 32) || !isHex(root, 32)) return new Uint8Array();
  return new ByteWriter(headerLength)
    .u32(block.version >>> 0)
    .raw(fromDisplayId(previous))
    .raw(fromDisplayId(root))
    .u32(block.timestamp >>> 0)
    .u32(block.bits >>> 0)
    .u32(block.nonce >>> 0)
    .take();
}

/** True when a package was accepted as a call but one of its transactions was rejected. */
function rejectedInPackage(answer: string, known: RegExp): boolean {
  if (!answer.startsWith("{")) return false;
  const { "tx-results": results = {} } = JSON.parse(answer) as {
    readonly "tx-results"?: Readonly<Record<string, { readonly error?: string }>>;
  };
  return Object.values(results).some(({ error }) => error !== undefined && !known.test(error));
}

async function bestTip(api: Api): Promise<{ readonly tip: ChainTip; readonly header: Uint8Array }> {
  const hash = await api.text("blocks/tip/hash");
  if (hash === undefined || !isHex(hash, 32)) {
    throw new ChainReadFailed("chain_inconsistent", "The chain server returned no best block.");
  }
  const [{ header, bytes }, status] = await Promise.all([
    headerOf(api, hash),
    api.json<{ readonly in_best_chain: boolean; readonly height: number | null }>(
      `block/${hash}/status`,
    ),
  ]);
  if (status?.in_best_chain !== true || status.height === null) {
    throw new ChainReadFailed("chain_inconsistent", "The best block changed while it was read.");
  }
  return { tip: { height: status.height, hash, timeMs: header.timeMs }, header: bytes };
}

async function headerOf(
  api: Api,
  hash: string,
): Promise<{ readonly header: BlockHeader; readonly bytes: Uint8Array }> {
  const hex = await api.text(`block/${hash}/header`);
  const bytes = hex !== undefined && isHex(hex) ? hexToBytes(hex) : new Uint8Array();
  const header = readBlockHeader(bytes);
  if (header === undefined || header.hash !== hash) {
    throw new ChainReadFailed(
      "chain_inconsistent",
      "The chain server returned a header that is not the requested block's or has no proof of work.",
    );
  }
  return { header, bytes };
}

/** Reverts confirmations in blocks that have left the best chain. That they have is known by links, not from the server. */
async function reportUnconfirmed(
  chain: HeaderChain,
  position: ChainPosition,
  reported: Set<string>,
  core: ChainConsumer,
): Promise<void> {
  for (const { txid, height, blockHash } of position.watched) {
    if (blockHash === null || !chain.hasLeft(height, blockHash)) continue;
    await core.unconfirmed(txid);
    reported.delete(`${txid}@${blockHash}`);
  }
}

/** Reports the transactions found for the watch list. Repeats while that makes the watch list grow. */
async function reportConfirmed(
  api: Api,
  core: ChainConsumer,
  reported: Set<string>,
  tipHeight: number,
  chain: HeaderChain,
): Promise<void> {
  let watchCount = -1;
  while (core.watchList().length !== watchCount) {
    const watched = core.watchList();
    watchCount = watched.length;
    const found = new Map<string, Found>();
    const unconfirmed = new Set<string>();
    for (const one of (await eachOf(watched, (item) => findTransactions(api, item))).flat()) {
      if (!one.status.confirmed) unconfirmed.add(one.txid);
      else if (one.status.block_height <= tipHeight) {
        const { block_height: height, block_hash: blockHash } = one.status;
        if (!reported.has(`${one.txid}@${blockHash}`)) {
          found.set(one.txid, { txid: one.txid, height, blockHash });
        }
      }
    }
    for (const name of await reportProven(api, core, [...found.values()], chain))
      reported.add(name);
    for (const txid of unconfirmed) {
      if (reported.has(txid)) continue;
      const bytes = await transactionBytes(api, txid);
      if (bytes === undefined) continue;
      await core.mempool(bytes, Date.now());
      reported.add(txid);
    }
  }
}

/** Reports transactions with their proofs, in chain order. Returns `txid@blockHash` of each. */
async function reportProven(
  api: Api,
  core: ChainConsumer,
  found: readonly Found[],
  chain: HeaderChain,
): Promise<readonly string[]> {
  const proven = await eachOf(found, (one) => prove(api, one, chain));
  proven.sort((one, other) => one.height - other.height || one.index - other.index);
  for (let from = 0; from < proven.length;) {
    const first = proven[from];
    if (first === undefined) break;
    const block = proven.filter((one) => one.blockHash === first.blockHash);
    await core.confirmed(first.height, first.header, block);
    from += block.length;
  }
  return proven.map(({ txid, blockHash }) => `${txid}@${blockHash}`);
}

/**
 * Answers the core's lookups. A wallet asks for a thousand scripts after a restore, and servers limit requests: a failure
 * must not keep the wallet from following the chain, so the rest is asked with the next block.
 */
async function reportLookups(
  api: Api,
  core: ChainConsumer,
  answered: WeakSet<WatchItem>,
  tipHeight: number,
  chain: HeaderChain,
): Promise<void> {
  const open = core.watchList().filter((item) => item.kind === "lookup" && !answered.has(item));
  if (open.length === 0) return;
  const found = new Map<string, Found>();
  const done: WatchItem[] = [];
  try {
    await eachOf(open, async (item) => {
      const name = bytesToHex(sha256(item.script));
      for (const { txid, status } of (await api.json<readonly Sighting[]>(
        `scripthash/${name}/utxo`,
      )) ?? []) {
        if (!status.confirmed || status.block_height > tipHeight) continue;
        found.set(txid, { txid, height: status.block_height, blockHash: status.block_hash });
      }
      done.push(item);
    });
  } catch (error) {
    if (!(error instanceof ChainReadFailed)) throw error;
  }
  await reportProven(api, core, [...found.values()], chain);
  for (const item of done) answered.add(item);
}

/** Reports transactions that were unconfirmed and that the server no longer knows: replaced, or in conflict. */
async function reportEvicted(api: Api, core: ChainConsumer, reported: Set<string>): Promise<void> {
  const unconfirmed = [...reported].filter((name) => !name.includes("@"));
  const statuses = await eachOf(unconfirmed, async (txid) => ({
    txid,
    status: await api.json<Status>(`tx/${txid}/status`),
  }));
  for (const { txid, status } of statuses) {
    if (status?.confirmed === false) continue;
    reported.delete(txid);
    if (status === undefined) await core.evicted(txid);
  }
}

type Sighting = { readonly txid: string; readonly status: Status };

async function findTransactions(api: Api, item: WatchItem): Promise<readonly Sighting[]> {
  switch (item.kind) {
    case "transaction": {
      const status = await api.json<Status>(`tx/${item.txid}/status`);
      return status?.confirmed === true ? [{ txid: item.txid, status }] : [];
    }
    case "output": {
      const spend = await api.json<{
        readonly spent: boolean;
        readonly txid?: string;
        readonly status?: Status;
      }>(`tx/${item.txid}/outspend/${item.index}`);
      return spend?.spent === true && spend.txid !== undefined && spend.status?.confirmed === true
        ? [{ txid: spend.txid, status: spend.status }]
        : [];
    }
    case "script":
      return historyOf(api, bytesToHex(sha256(item.script)));
    case "lookup":
      return [];
  }
}

async function historyOf(api: Api, scripthash: string): Promise<readonly Sighting[]> {
  const all = (await api.json<readonly Sighting[]>(`scripthash/${scripthash}/txs`)) ?? [];
  const seen = [...all];
  let page = all.filter(({ status }) => status.confirmed);
  while (page.length >= historyPageSize) {
    const last = page.at(-1);
    if (last === undefined) break;
    page = [
      ...((await api.json<readonly Sighting[]>(
        `scripthash/${scripthash}/txs/chain/${last.txid}`,
      )) ?? []),
    ];
    seen.push(...page);
  }
  return seen;
}

async function prove(api: Api, found: Found, chain: HeaderChain): Promise<Proven> {
  const [proof, { header, bytes: headerBytes }, bytes] = await Promise.all([
    api.json<{ readonly merkle: readonly string[]; readonly pos: number }>(
      `tx/${found.txid}/merkle-proof`,
    ),
    headerOf(api, found.blockHash),
    transactionBytes(api, found.txid),
  ]);
  checked(chain.checkConfirmation(found.height, header));
  const isValid =
    proof !== undefined &&
    bytes !== undefined &&
    proof.merkle.every((hash) => isHex(hash, 32)) &&
    rootOfBranch(found.txid, proof.pos, proof.merkle) === header.merkleRoot;
  if (!isValid) {
    throw new ChainReadFailed(
      "chain_inconsistent",
      "The chain server's Merkle proof is invalid, or the chain changed while it was read.",
    );
  }
  return { ...found, bytes, index: proof.pos, header: headerBytes };
}

async function transactionBytes(api: Api, txid: string): Promise<Uint8Array | undefined> {
  const hex = await api.text(`tx/${txid}/hex`);
  if (hex === undefined) return undefined;
  const bytes = isHex(hex) ? hexToBytes(hex) : new Uint8Array();
  if (transactionId(bytes) !== txid) {
    throw new ChainReadFailed(
      "chain_inconsistent",
      "The chain server returned another transaction than the one requested.",
    );
  }
  return bytes;
}

async function eachOf<Item, Value>(
  items: readonly Item[],
  work: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const values: Value[] = [];
  for (let from = 0; from < items.length; from += chainPolicy.maxEsploraRequests) {
    values.push(
      ...(await Promise.all(items.slice(from, from + chainPolicy.maxEsploraRequests).map(work))),
    );
  }
  return values;
}

type Api = {
  /** Undefined for a 404. @throws ChainReadFailed when the server does not answer. */
  readonly text: (path: string) => Promise<string | undefined>;
  readonly json: <Value>(path: string) => Promise<Value | undefined>;
  /** Undefined when the server does not answer. */
  readonly post: (
    path: string,
    body: string,
  ) => Promise<{ readonly ok: boolean; readonly text: string } | undefined>;
};

function connect(options: EsploraChainOptions): Api {
  const base = options.url.replace(/\/$/u, "");
  const send = options.fetch ?? fetch;

  async function text(path: string): Promise<string | undefined> {
    let response: Response;
    let body: string;
    try {
      response = await send(`${base}/${path}`, {
        signal: AbortSignal.timeout(chainPolicy.esploraTimeoutMs),
      });
      body = await response.text();
    } catch {
      throw new ChainReadFailed("chain_unreachable", "The chain server did not answer.");
    }
    if (response.status === 404) return undefined;
    if (!response.ok) {
      throw new ChainReadFailed(
        "chain_unreachable",
        `The chain server answered with status ${response.status}.`,
      );
    }
    return body.trim();
  }

  return {
    text,
    async json<Value>(path: string) {
      const body = await text(path);
      if (body === undefined) return undefined;
      try {
        return JSON.parse(body) as Value;
      } catch {
        throw new ChainReadFailed(
          "chain_inconsistent",
          "The chain server's answer is not valid JSON.",
        );
      }
    },
    async post(path, body) {
      try {
        const response = await send(`${base}/${path}`, {
          method: "POST",
          body,
          headers: { "content-type": path === "tx" ? "text/plain" : "application/json" },
          signal: AbortSignal.timeout(chainPolicy.esploraTimeoutMs),
        });
        if (response.status >= 500) return undefined;
        return { ok: response.ok, text: await response.text() };
      } catch {
        return undefined;
      }
    },
  };
}
