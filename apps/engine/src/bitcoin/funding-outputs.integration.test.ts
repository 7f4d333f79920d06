import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bitcoindChain } from "@satsconnect/lightning/nodejs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBitcoind } from "../testing/support.ts";
import type { RegtestNode } from "../testing/support.ts";
import type { CoreBlock, CoreTransaction } from "./core-types.ts";

const folder = mkdtempSync(join(tmpdir(), "engine-funding-"));
let node: RegtestNode;

beforeAll(async () => {
  node = await startBitcoind(join(folder, "node"), ["-txindex=0"]);
  await node.mine(110);
}, 120_000);
afterAll(async () => {
  await node?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test("looks up funding outputs in Bitcoin Core without an index of transactions", async () => {
  const { fundingOutput } = bitcoindChain({ url: node.rpcUrl });
  const lookUp = (height: number, transactionIndex: number, outputIndex: number) =>
    fundingOutput?.({ height, transactionIndex, outputIndex });
  const address = await node.call<string>("getnewaddress", ["", "bech32"]);
  const txid = await node.call<string>("sendtoaddress", [address, 0.12345678]);
  await node.mine(1);
  const height = await node.call<number>("getblockcount");
  const hash = await node.call<string>("getblockhash", [height]);
  const block = await node.call<CoreBlock>("getblock", [hash, 2]);
  const index = block.tx.findIndex((transaction) => transaction.txid === txid);
  const funding = block.tx[index] as CoreTransaction;
  const output = funding.vout.findIndex(({ value }) => value === 0.12345678);
  const script = Buffer.from(funding.vout[output]?.scriptPubKey.hex ?? "", "hex");

  expect(await lookUp(height, index, output)).toEqual({
    ok: true,
    value: { state: "unspent", valueSat: 12_345_678n, script: new Uint8Array(script) },
  });
  const missing = { ok: true, value: { state: "missing" } };
  expect(await lookUp(height, index, 7)).toEqual(missing);
  expect(await lookUp(height, 9_999, 0)).toEqual(missing);
  expect(await lookUp(height + 1, 0, 0)).toEqual(missing);

  const spend = [{ txid, vout: output }];
  const raw = await node.call<string>("createrawtransaction", [spend, { [address]: 0.1234 }]);
  const signed = await node.call<{ hex: string }>("signrawtransactionwithwallet", [raw]);
  await node.call("sendrawtransaction", [signed.hex]);
  expect(await lookUp(height, index, output)).toMatchObject({ value: { state: "unspent" } });
  await node.mine(1);
  expect(await lookUp(height, index, output)).toEqual(missing);

  // a reorganisation brings it back, in another block of the same height or not at all
  await node.call("invalidateblock", [await node.call("getbestblockhash")]);
  expect(await lookUp(height, index, output)).toMatchObject({ value: { state: "unspent" } });
}, 60_000);

test("says that Bitcoin Core does not answer", async () => {
  const { fundingOutput } = bitcoindChain({ url: "http://user:password@127.0.0.1:1" });
  const position = { height: 1, transactionIndex: 0, outputIndex: 0 };
  expect(await fundingOutput?.(position)).toMatchObject({
    ok: false,
    error: { code: "chain_unreachable", retry: "safe" },
  });
});
