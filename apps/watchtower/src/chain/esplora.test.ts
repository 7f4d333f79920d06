import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, expect, test } from "vitest";
import { esploraChainOf } from "./esplora.ts";
import type { Chain } from "./chain.ts";

const hash = "ab".repeat(32);
const previous = "cd".repeat(32);
const txid = "ef".repeat(32);

const answers: Record<string, string> = {
  "/api/blocks/tip/height": "7",
  "/api/block-height/7": hash,
  [`/api/block/${hash}`]: JSON.stringify({ id: hash, height: 7, previousblockhash: previous }),
  [`/api/block/${hash}/txids`]: JSON.stringify([txid]),
  "/api/fee-estimates": JSON.stringify({ "1": 20.5, "6": 10.1 }),
  [`/api/tx/${txid}/outspend/0`]: JSON.stringify({ spent: true, status: { confirmed: true } }),
  [`/api/tx/${txid}/outspend/1`]: JSON.stringify({ spent: true, status: { confirmed: false } }),
  [`/api/tx/${txid}/outspend/2`]: JSON.stringify({ spent: false }),
  [`/api/tx/${previous}/outspend/0`]: "<html>an error page</html>",
};
let broadcastAnswer: { readonly status: number; readonly text: string } = { status: 200, text: "" };
let chain: Chain;
const server = createServer((request, response) => {
  if (request.method === "POST") {
    response.writeHead(broadcastAnswer.status).end(broadcastAnswer.text);
    return;
  }
  const answer = answers[request.url ?? ""];
  response.writeHead(answer === undefined ? 404 : 200).end(answer ?? "Block not found");
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  chain = esploraChainOf(`http://127.0.0.1:${String(port)}/api`);
});
afterAll(() => server.close());

test("reads the chain, the fee estimate and whether an output is spent", async () => {
  expect(valueOf(await chain.tipHeight())).toBe(7);
  expect(valueOf(await chain.hashAt(7))).toBe(hash);
  expect(valueOf(await chain.block(hash))).toEqual({
    height: 7,
    hash,
    previousHash: previous,
    txids: [txid],
  });
  expect(valueOf(await chain.feeRate())).toBe(2_525);
  const spent = await Promise.all([0, 1, 2].map((index) => chain.isSpent(txid, index)));
  expect(spent.map(valueOf)).toEqual([true, false, false]);
});

test("takes no other answer for an answer", async () => {
  for (const asked of [chain.hashAt(8), chain.block(previous), chain.isSpent(previous, 0)])
    expect(await asked).toMatchObject({ error: { code: "chain_unreachable" } });
});

test("tells a rejected transaction from one that is known and from a server that fails", async () => {
  const broadcast = () => chain.broadcast(Uint8Array.of(1));
  expect((await broadcast()).ok).toBe(true);
  broadcastAnswer = { status: 400, text: "sendrawtransaction RPC error: txn-already-in-mempool" };
  expect((await broadcast()).ok).toBe(true);
  broadcastAnswer = { status: 400, text: "min relay fee not met" };
  expect(await broadcast()).toMatchObject({ error: { code: "broadcast_rejected" } });
  broadcastAnswer = { status: 503, text: "" };
  expect(await broadcast()).toMatchObject({ error: { code: "chain_unreachable" } });
});
