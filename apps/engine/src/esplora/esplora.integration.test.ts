import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBlockHeader, rootOfBranch } from "@satsconnect/lightning";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectBitcoind } from "../bitcoin/rpc.ts";
import { subscribeZmq } from "../bitcoin/zmq.ts";
import { createChainIndexer } from "../chain-index/indexer.ts";
import type { ChainIndexer } from "../chain-index/indexer.ts";
import { createMempool } from "../chain-index/mempool.ts";
import type { Mempool } from "../chain-index/mempool.ts";
import { createChainReader } from "../chain-index/reader.ts";
import { serveEsplora } from "../http/esplora-server.ts";
import type { HttpService } from "../http/listener.ts";
import { createLogger } from "../logger.ts";
import { createTestDatabase } from "../testing/database.ts";
import type { TestDatabase } from "../testing/database.ts";
import { startBitcoind } from "../testing/support.ts";
import type { RegtestNode } from "../testing/support.ts";

const folder = mkdtempSync(join(tmpdir(), "engine-esplora-"));
let bitcoind: RegtestNode;
let store: TestDatabase;
let indexer: ChainIndexer;
let mempool: Mempool;
let http: HttpService;
let url: string;

beforeAll(async () => {
  [bitcoind, store] = await Promise.all([startBitcoind(folder), createTestDatabase()]);
  const rpc = connectBitcoind({ url: bitcoind.rpcUrl });
  const reader = createChainReader(store.database);
  indexer = createChainIndexer(store.database, rpc);
  mempool = createMempool(rpc, reader);
  http = await serveEsplora({
    listen: { host: "127.0.0.1", port: 0 },
    esplora: { network: "regtest", rpc, reader, mempool },
    snapshots: { find: () => undefined },
    isProxy: () => false,
    logger: createLogger("silent"),
  });
  url = `http://127.0.0.1:${String(http.port)}/esplora`;
  await synchronise();
}, 120_000);
afterAll(async () => {
  await http?.close();
  await store?.drop();
  await bitcoind?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function synchronise(): Promise<void> {
  const indexed = await indexer.synchronise();
  expect(indexed.ok).toBe(true);
  await mempool.refresh();
}
async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(`${url}/${path}`, init);
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
}
async function json<Value = Record<string, unknown>>(path: string): Promise<Value> {
  const { status, text, headers } = await get(path);
  expect(`${String(status)} ${headers.get("content-type") ?? ""}`).toBe("200 application/json");
  return JSON.parse(text) as Value;
}
type Status = { confirmed: boolean; block_height?: number; block_hash?: string };
type Transaction = {
  txid: string;
  fee: number;
  status: Status;
  vin: {
    txid: string;
    vout: number;
    prevout: { value: number; scriptpubkey_type: string } | null;
  }[];
  vout: { value: number; scriptpubkey_address?: string; scriptpubkey_asm: string }[];
};
type Stats = {
  tx_count: number;
  funded_txo_count: number;
  funded_txo_sum: number;
  spent_txo_count: number;
  spent_txo_sum: number;
};

const newAddress = () => bitcoind.call<string>("getnewaddress", ["", "bech32"], "miner");
const send = (address: string, bitcoin: number) =>
  bitcoind.call<string>("sendtoaddress", [address, bitcoin], "miner");
async function scripthashOf(address: string): Promise<string> {
  const { scriptPubKey } = await bitcoind.call<{ scriptPubKey: string }>(
    "getaddressinfo",
    [address],
    "miner",
  );
  return createHash("sha256").update(Buffer.from(scriptPubKey, "hex")).digest("hex");
}
/** Signs a transaction that spends one output to an address. */
async function spend(txid: string, vout: number, to: string, bitcoin: number): Promise<string> {
  const raw = await bitcoind.call<string>("createrawtransaction", [
    [{ txid, vout, sequence: 0xffff_fffd }],
    { [to]: bitcoin },
  ]);
  const { hex } = await bitcoind.call<{ hex: string }>(
    "signrawtransactionwithwallet",
    [raw],
    "miner",
  );
  return hex;
}
async function outputOf(txid: string, address: string): Promise<number> {
  const { vout } = await json<Transaction>(`tx/${txid}`);
  return vout.findIndex((output) => output.scriptpubkey_address === address);
}

describe("blocks", () => {
  test("returns Bitcoin Core's tip, hashes and blocks", async () => {
    const height = await bitcoind.call<number>("getblockcount");
    const hash = await bitcoind.call<string>("getblockhash", [height]);
    expect((await get("blocks/tip/height")).text).toBe(String(height));
    expect((await get("blocks/tip/hash")).text).toBe(hash);
    expect((await get(`block-height/${String(height)}`)).text).toBe(hash);
    const core = await bitcoind.call<Record<string, unknown>>("getblock", [hash, 1]);
    expect(await json(`block/${hash}`)).toEqual({
      id: hash,
      height,
      version: core["version"],
      timestamp: core["time"],
      tx_count: core["nTx"],
      size: core["size"],
      weight: core["weight"],
      merkle_root: core["merkleroot"],
      previousblockhash: core["previousblockhash"],
      mediantime: core["mediantime"],
      nonce: core["nonce"],
      bits: Number.parseInt(String(core["bits"]), 16),
      difficulty: core["difficulty"],
    });
    expect(await json(`block/${hash}/txids`)).toEqual(core["tx"]);
    expect((await get(`block/${hash}/txid/0`)).text).toBe((core["tx"] as string[])[0]);
    expect((await get(`block/${hash}/txid/9`)).status).toBe(404);
    expect(await json(`block/${hash}/status`)).toEqual({ in_best_chain: true, height });
    const header = (await get(`block/${hash}/header`)).text;
    expect(header).toBe(await bitcoind.call("getblockheader", [hash, false]));
    const raw = await fetch(`${url}/block/${hash}/raw`);
    expect(raw.headers.get("content-type")).toBe("application/octet-stream");
    expect(Buffer.from(await raw.arrayBuffer()).toString("hex")).toBe(
      await bitcoind.call("getblock", [hash, 0]),
    );
    const genesis = (await get("block-height/0")).text;
    expect(await json(`block/${genesis}`)).toMatchObject({ height: 0, previousblockhash: null });
  });
});

describe("many blocks at once", () => {
  test("ten from a height downwards, as Esplora lists them", async () => {
    const height = await bitcoind.call<number>("getblockcount");
    const listed = await json<Record<string, unknown>[]>(`blocks/${String(height - 1)}`);
    expect(listed.map((block) => block["height"])).toEqual(
      Array.from({ length: 10 }, (_, at) => height - 1 - at),
    );
    expect(listed[0]).toEqual(await json(`block/${String(listed[0]?.["id"])}`));
    expect((await json<{ height: number }[]>("blocks"))[0]?.height).toBe(height);
    expect(await json<unknown[]>("blocks/1")).toHaveLength(2);
  });

  test("headers from a height upwards, as many as there are", async () => {
    const height = await bitcoind.call<number>("getblockcount");
    const read = async (from: number, count: number): Promise<string[]> =>
      (await get(`block-headers/${String(from)}/${String(count)}`)).text.match(/.{160}/gu) ?? [];
    const headers = await read(0, 50);
    expect(headers).toHaveLength(50);
    const hash = await bitcoind.call<string>("getblockhash", [49]);
    expect(headers.at(-1)).toBe(await bitcoind.call("getblockheader", [hash, false]));
    expect(await read(height - 1, 250)).toHaveLength(2);
    expect(await get(`block-headers/${String(height + 1)}/5`)).toMatchObject({
      status: 200,
      text: "",
    });
    expect((await get("block-headers/0/251")).status).toBe(400);
    expect((await get("block-headers/x/1")).status).toBe(400);
  });
});

describe("a transaction in the mempool and then in the chain", () => {
  test("is found by address and by scripthash", async () => {
    const address = await newAddress();
    const scripthash = await scripthashOf(address);
    const txid = await send(address, 0.5);
    await synchronise();
    const waiting = await json<Transaction>(`tx/${txid}`);
    expect(waiting.status).toEqual({ confirmed: false });
    expect(waiting.fee).toBeGreaterThan(0);
    expect(waiting.vin[0]?.prevout?.scriptpubkey_type).toBe("v0_p2wpkh");
    const entry = await bitcoind.call<{ fees: { base: number } }>("getmempoolentry", [txid]);
    expect(waiting.fee).toBe(Math.round(entry.fees.base * 1e8));
    const vout = await outputOf(txid, address);
    for (const name of [`address/${address}`, `scripthash/${scripthash}`]) {
      expect((await json<Transaction[]>(`${name}/txs`)).map((one) => one.txid)).toEqual([txid]);
      expect(await json<Transaction[]>(`${name}/txs/mempool`)).toHaveLength(1);
      expect(await json(`${name}/txs/chain`)).toEqual([]);
      expect(await json(`${name}/utxo`)).toEqual([
        { txid, vout, status: { confirmed: false }, value: 50_000_000 },
      ]);
      const stats = await json<{ chain_stats: Stats; mempool_stats: Stats }>(name);
      expect(stats.chain_stats.tx_count).toBe(0);
      expect(stats.mempool_stats).toEqual({
        tx_count: 1,
        funded_txo_count: 1,
        funded_txo_sum: 50_000_000,
        spent_txo_count: 0,
        spent_txo_sum: 0,
      });
    }
    await bitcoind.mine(1);
    await synchronise();
    const height = await bitcoind.call<number>("getblockcount");
    const confirmed = { confirmed: true, block_height: height };
    expect((await json<Transaction>(`tx/${txid}`)).status).toMatchObject(confirmed);
    expect(await json(`tx/${txid}/status`)).toMatchObject(confirmed);
    expect(await json(`scripthash/${scripthash}/utxo`)).toMatchObject([
      { txid, vout, status: confirmed, value: 50_000_000 },
    ]);
    expect(await json(`scripthash/${scripthash}/txs/mempool`)).toEqual([]);
    const stats = await json<{ chain_stats: Stats; mempool_stats: Stats }>(`address/${address}`);
    expect(stats.chain_stats).toMatchObject({
      tx_count: 1,
      funded_txo_sum: 50_000_000,
      spent_txo_count: 0,
    });
    expect(stats.mempool_stats.tx_count).toBe(0);
  });

  test("its spends are found by outpoint and by the spent script", async () => {
    const [from, to] = [await newAddress(), await newAddress()];
    const scripthash = await scripthashOf(from);
    const funding = await send(from, 0.2);
    await bitcoind.mine(1);
    await synchronise();
    const vout = await outputOf(funding, from);
    expect(await json(`tx/${funding}/outspend/${String(vout)}`)).toEqual({ spent: false });
    const spending = await get("tx", {
      method: "POST",
      body: await spend(funding, vout, to, 0.1999),
    });
    expect(spending.status).toBe(200);
    // POST /tx refreshes the mempool itself.
    expect(await json(`tx/${funding}/outspend/${String(vout)}`)).toEqual({
      spent: true,
      txid: spending.text,
      vin: 0,
      status: { confirmed: false },
    });
    const history = await json<Transaction[]>(`scripthash/${scripthash}/txs`);
    expect(history.map(({ txid }) => txid)).toEqual([spending.text, funding]);
    expect(history[0]).toMatchObject({ fee: 10_000, vin: [{ prevout: { value: 20_000_000 } }] });
    expect(await json(`scripthash/${scripthash}/utxo`)).toEqual([]);
    const { mempool_stats: waiting } = await json<{ mempool_stats: Stats }>(`address/${from}`);
    expect(waiting).toMatchObject({ tx_count: 1, spent_txo_count: 1, spent_txo_sum: 20_000_000 });
    await bitcoind.mine(1);
    await synchronise();
    const spends = await json<{ spent: boolean; status?: Status }[]>(`tx/${funding}/outspends`);
    expect(spends[vout]).toMatchObject({
      spent: true,
      txid: spending.text,
      status: { confirmed: true },
    });
    const { chain_stats: stats } = await json<{ chain_stats: Stats }>(`address/${from}`);
    expect(stats).toEqual({
      tx_count: 2,
      funded_txo_count: 1,
      funded_txo_sum: 20_000_000,
      spent_txo_count: 1,
      spent_txo_sum: 20_000_000,
    });
  });

  test("has a Merkle proof that wallets verify, at every position of a block", async () => {
    for (let count = 0; count < 6; count += 1) await send(await newAddress(), 0.01);
    await bitcoind.mine(1);
    await synchronise();
    const hash = (await get("blocks/tip/hash")).text;
    const txids = await json<string[]>(`block/${hash}/txids`);
    expect(txids).toHaveLength(7);
    const header = readBlockHeader(Buffer.from((await get(`block/${hash}/header`)).text, "hex"));
    if (header === undefined) throw new Error("The header does not meet its own target");
    for (const [position, txid] of txids.entries()) {
      const proof = await json<{ merkle: string[]; pos: number; block_height: number }>(
        `tx/${txid}/merkle-proof`,
      );
      expect(proof.pos).toBe(position);
      expect(rootOfBranch(txid, proof.pos, proof.merkle)).toBe(header.merkleRoot);
    }
    const proof = (await get(`tx/${txids[3] ?? ""}/merkleblock-proof`)).text;
    expect(await bitcoind.call("verifytxoutproof", [proof])).toEqual([txids[3]]);
  });

  test("long histories come in pages of 25, newest first, without repetition", async () => {
    const address = await newAddress();
    const scripthash = await scripthashOf(address);
    const sent: string[] = [];
    for (let count = 0; count < 30; count += 1) {
      sent.push(await send(address, 0.001));
      if (count % 10 === 9) await bitcoind.mine(1);
    }
    await synchronise();
    const first = await json<Transaction[]>(`scripthash/${scripthash}/txs`);
    expect(first).toHaveLength(25);
    const second = await json<Transaction[]>(
      `scripthash/${scripthash}/txs/chain/${first.at(-1)?.txid ?? ""}`,
    );
    const all = [...first, ...second].map(({ txid }) => txid);
    // The miner's wallet's view of the missing ones.
    const missing = sent.filter((txid) => !all.includes(txid));
    const states = missing.map((txid) => bitcoind.call("gettransaction", [txid], "miner"));
    expect(await Promise.all(states)).toEqual([]);
    expect(all).toHaveLength(sent.length);
    const heights = [...first, ...second].map(({ status }) => status.block_height ?? 0);
    expect(heights).toEqual(heights.toSorted((one, other) => other - one));
    expect(await json(`scripthash/${scripthash}/txs/chain/${all.at(-1) ?? ""}`)).toEqual([]);
  });

  test("packages of parent and child are accepted", async () => {
    const [from, to] = [await newAddress(), await newAddress()];
    const funding = await send(from, 0.1);
    await bitcoind.mine(1);
    await synchronise();
    const parent = await spend(funding, await outputOf(funding, from), to, 0.0999);
    const { txid, vout } = await bitcoind.call<{ txid: string; vout: readonly unknown[] }>(
      "decoderawtransaction",
      [parent],
    );
    expect(vout).toHaveLength(1);
    const raw = await bitcoind.call<string>("createrawtransaction", [
      [{ txid, vout: 0 }],
      { [from]: 0.0998 },
    ]);
    const { scriptPubKey } = await bitcoind.call<{ scriptPubKey: string }>(
      "getaddressinfo",
      [to],
      "miner",
    );
    const { hex: child } = await bitcoind.call<{ hex: string }>(
      "signrawtransactionwithwallet",
      [raw, [{ txid, vout: 0, scriptPubKey, amount: 0.0999 }]],
      "miner",
    );
    const sent = await get("txs/package", {
      method: "POST",
      body: JSON.stringify([parent, child]),
    });
    expect(sent.status).toBe(200);
    expect(JSON.parse(sent.text)).toMatchObject({ package_msg: "success" });
    // The child spends an output of the mempool.
    const utxo = await json<{ txid: string }[]>(`address/${from}/utxo`);
    expect(utxo).toHaveLength(1);
    expect(await json<Transaction>(`tx/${utxo[0]?.txid ?? ""}`)).toMatchObject({ fee: 10_000 });
    const stats = await json<{
      count: number;
      vsize: number;
      total_fee: number;
      fee_histogram: [number, number][];
    }>("mempool");
    expect(stats).toMatchObject({ count: 2, total_fee: 20_000 });
    expect(stats.fee_histogram.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(stats.vsize);
  });
});

describe("a reorganisation", () => {
  test("disconnects blocks and finds their transactions where they are mined again", async () => {
    const address = await newAddress();
    const scripthash = await scripthashOf(address);
    const txid = await send(address, 0.3);
    await bitcoind.mine(2);
    await synchronise();
    const height = await bitcoind.call<number>("getblockcount");
    const stale = await bitcoind.call<string>("getblockhash", [height - 1]);
    await bitcoind.call("invalidateblock", [stale]);
    await synchronise();
    expect(await json(`tx/${txid}/status`)).toEqual({ confirmed: false });
    expect((await get(`tx/${txid}/merkle-proof`)).status).toBe(404);
    expect(await json(`block/${stale}/status`)).toEqual({ in_best_chain: false });
    expect(await json(`scripthash/${scripthash}/utxo`)).toMatchObject([
      { txid, status: { confirmed: false } },
    ]);
    await bitcoind.mine(3);
    await synchronise();
    const found = await json<Status>(`tx/${txid}/status`);
    expect(found.confirmed).toBe(true);
    expect(found.block_hash).not.toBe(stale);
    const tip = await indexer.tip();
    expect(tip?.height).toBe(height + 1);
    const { rows } = await store.database.query<{ count: bigint }>(
      "SELECT count(*) FROM chain.output WHERE txid = $1",
      [Buffer.from(txid, "hex")],
    );
    expect(rows[0]?.count).toBe(2n);
  });

  test("two processes indexing at the same time produce one index without gaps", async () => {
    const rpc = connectBitcoind({ url: bitcoind.rpcUrl });
    const other = createChainIndexer(store.database, rpc);
    await bitcoind.mine(8);
    const [one, two] = await Promise.all([indexer.synchronise(), other.synchronise()]);
    expect(one).toEqual(two);
    const { rows } = await store.database.query<{ blocks: bigint; highest: number }>(
      "SELECT count(*) AS blocks, max(height) AS highest FROM chain.block",
    );
    expect(rows[0]?.blocks).toBe(BigInt((rows[0]?.highest ?? 0) + 1));
  });

  test("a starting or unreachable Bitcoin Core disconnects nothing", async () => {
    const before = await indexer.tip();
    for (const code of [-28, -1]) {
      const starting = createChainIndexer(store.database, {
        call: async () => ({
          ok: false,
          error: {
            code: code === -28 ? "bitcoind_unreachable" : "bitcoind_refused",
            message: "Loading block index…",
            retry: "safe",
            rpcCode: code,
          },
        }),
        batch: async () => ({ ok: true, value: [] }),
      });
      expect((await starting.synchronise()).ok).toBe(false);
    }
    expect(await indexer.tip()).toEqual(before);
  });

  test("the index starts at its birthday, even after a reorganisation below it", async () => {
    const own = await createTestDatabase();
    const rpc = connectBitcoind({ url: bitcoind.rpcUrl });
    const young = createChainIndexer(own.database, rpc);
    const height = await bitcoind.call<number>("getblockcount");
    await own.database.query("INSERT INTO chain.birthday (height) VALUES ($1)", [height - 1]);
    await young.synchronise();
    const first = await bitcoind.call<string>("getblockhash", [height - 1]);
    await bitcoind.call("invalidateblock", [first]);
    // The chain is below the birthday: nothing is indexed.
    expect(await young.synchronise()).toEqual({ ok: true, value: null });
    await bitcoind.mine(4);
    await young.synchronise();
    const { rows } = await own.database.query<{ lowest: number }>(
      "SELECT min(height) AS lowest FROM chain.block",
    );
    expect(rows[0]?.lowest).toBe(height - 1);
    await own.drop();
    await synchronise();
  });
});

describe("invalid requests", () => {
  const none = "00".repeat(32);
  test.each([
    ["block/xyz", 400, "Invalid hex string"],
    [`block/${none}`, 404, "Block not found"],
    ["block-height/abc", 400, "Invalid number"],
    ["block-height/99999999", 404, "Block not found"],
    ["tx/xyz", 400, "Invalid hex string"],
    [`tx/${none}`, 404, "Transaction not found"],
    [`tx/${none}/hex`, 404, "Transaction not found"],
    [`tx/${none}/merkle-proof`, 404, "Transaction not found or is unconfirmed"],
    [`tx/${none}/outspend/x`, 400, "Invalid number"],
    ["address/nonsense", 400, "Invalid Bitcoin address"],
    ["address/bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", 400, "Address on invalid network"],
    ["scripthash/12", 400, "Invalid scripthash"],
    ["nonsense", 404, 'endpoint does not exist "/nonsense"'],
    ["block/", 400, "Invalid hex string"],
    [`tx/${none}/nonsense`, 404, `endpoint does not exist "/tx/${none}/nonsense"`],
  ])("%s is %d: %s", async (path, status, text) => {
    expect(await get(path)).toMatchObject({ status, text });
  });

  test("unknown transactions are unspent and unconfirmed", async () => {
    expect(await json(`tx/${none}/outspend/0`)).toEqual({ spent: false });
    expect(await json(`tx/${none}/status`)).toEqual({ confirmed: false });
    expect(await json(`block/${none}/status`)).toEqual({ in_best_chain: false });
    expect(await json(`scripthash/${none}/txs`)).toEqual([]);
  });

  test("returns Bitcoin Core's reason for refusing a broadcast", async () => {
    const post = (path: string, body: string) => get(path, { method: "POST", body });
    expect(await post("tx", "zz")).toMatchObject({ status: 400, text: "Invalid hex string" });
    const refused = await post("tx", "00");
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/^sendrawtransaction RPC error: \{"code":-22,/u);
    expect((await post("txs/package", "{")).status).toBe(400);
    expect((await post("txs/package", "[]")).status).toBe(400);
    expect(await post("txs/package", JSON.stringify(Array(26).fill("00")))).toMatchObject({
      status: 400,
      text: "Exceeded maximum of 25 transactions",
    });
    expect((await post("tx", "00".repeat(3_000_000))).status).toBe(413);
    expect((await post("block/x", "")).status).toBe(404);
  });

  test("answers paths that are not URLs with 400 or 404", async () => {
    const statusLineFor = (line: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(http.port, "127.0.0.1");
        let answer = "";
        socket.on("data", (data) => (answer += data.toString("latin1")));
        socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
        socket.on("error", reject);
        socket.write(`GET ${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      });
    for (const line of [
      "//",
      "/esplora//",
      "/esplora/tx/%zz",
      "/esplora/../health?x",
      "http://[::1",
    ]) {
      expect(await statusLineFor(line)).toMatch(/ 40[04] /u);
    }
  });
});

describe("headers", () => {
  test("immutable answers are cached for years, others are revalidated by ETag", async () => {
    const hash = (await get("blocks/tip/hash")).text;
    const block = await get(`block/${hash}`);
    expect(block.headers.get("cache-control")).toContain("immutable");
    const tip = await get("blocks/tip/height");
    expect(tip.headers.get("cache-control")).toBe("no-cache");
    const tag = tip.headers.get("etag") ?? "";
    const again = await get("blocks/tip/height", { headers: { "if-none-match": tag } });
    expect(again).toMatchObject({ status: 304, text: "" });
    await bitcoind.mine(1);
    const changed = await get("blocks/tip/height", { headers: { "if-none-match": tag } });
    expect(changed.status).toBe(200);
    expect((await get("tx/xyz")).headers.get("cache-control")).toBe("no-store");
  });

  test("any origin may read", async () => {
    const preflight = await get("fee-estimates", { method: "OPTIONS" });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    expect((await get("fee-estimates")).headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("Bitcoin Core", () => {
  test("announces blocks over ZeroMQ, also after a lost connection", async () => {
    const target = new URL(bitcoind.zmqUrl.replace("tcp:", "http:"));
    const lines = new Set<Socket>();
    const between = createServer((line) => {
      const other = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [line, other],
        [other, line],
      ] as const) {
        lines.add(from);
        from.pipe(to);
        from.on("error", () => {});
        from.on("close", () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => {
      between.listen(0, "127.0.0.1", resolve);
    });
    const { port } = between.address() as AddressInfo;
    const abort = new AbortController();
    let blocks = 0;
    const url = `tcp://127.0.0.1:${String(port)}`;
    subscribeZmq(url, "hashblock", () => (blocks += 1), abort.signal);
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    // A new subscriber misses the blocks before its subscription.
    const hearOneBlock = async () => {
      const before = blocks;
      for (let tries = 0; tries < 60 && blocks === before; tries += 1) {
        await bitcoind.mine(1);
        await pause(100);
      }
      expect(blocks).toBeGreaterThan(before);
    };
    await hearOneBlock();
    await pause(200);
    const heard = blocks;
    await bitcoind.mine(3);
    await pause(1_000);
    expect(blocks).toBe(heard + 3);
    for (const line of lines) line.destroy();
    await hearOneBlock();
    abort.abort();
    const last = blocks;
    await bitcoind.mine(1);
    await pause(300);
    expect(blocks).toBe(last);
    between.close();
  });

  test("accepts its cookie instead of a password", async () => {
    const { host } = new URL(bitcoind.rpcUrl);
    const withoutAny = connectBitcoind({ url: `http://${host}` });
    expect(await withoutAny.call("getblockcount")).toMatchObject({ ok: false });
    const cookieFile = join(folder, "bitcoind", "regtest", ".cookie");
    // This bitcoind runs with a fixed user, whose credentials work as a cookie file.
    const { username, password } = new URL(bitcoind.rpcUrl);
    writeFileSync(cookieFile, `${username}:${password}`);
    const byCookie = connectBitcoind({ url: `http://${host}`, cookieFile });
    expect((await byCookie.call<number>("getblockcount")).ok).toBe(true);
  });
});
