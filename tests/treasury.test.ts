import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../scripts/support/processes.ts";
import { engineAtTip } from "../scripts/stack/liquidity.ts";
import { callOptions, startEngineWorld } from "./support/engine-world.ts";
import type { EngineWorld } from "./support/engine-world.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await startEngineWorld("treasury", { core: "wasm" });
}, 240_000);
afterAll(async () => {
  await world?.stop();
}, 60_000);

const run = promisify(execFile);
const program = new URL("../apps/engine/src/operator-cli.ts", import.meta.url).pathname;

/** Runs the operator's command line as an operator does. */
async function operator(...parts: readonly string[]): Promise<string> {
  const { tls } = world.secrets;
  const { stdout } = await run(process.execPath, [program, ...parts], {
    env: {
      ...process.env,
      ENGINE_ADDRESS: world.engine.grpcAddress,
      ENGINE_TLS_CA: tls.authority,
      OPERATOR_TLS_CERT: tls.operator.certificate,
      OPERATOR_TLS_KEY: tls.operator.key,
    },
  });
  return stdout.trim();
}

const mempool = () => world.bitcoind.call<string[]>("getrawmempool");
async function confirm(): Promise<void> {
  await world.bitcoind.mine(1);
  await engineAtTip(world.engine.client, world.bitcoind);
}

test("an operator takes coins out, once, and Bitcoin Core takes the replacement with the higher fee", async () => {
  const address = await world.bitcoind.call<string>("getnewaddress", [], "miner");
  const send = ["send", address, "--amount", "1000000", "--max-fee", "2000"];
  const slow = await operator(...send, "--sat-per-vbyte", "1.1", "--key", "out-1");
  expect(await operator(...send, "--key", "out-1")).toBe(slow);
  const txid = slow.slice(0, 64);
  await waitFor("the send in the mempool", async () => (await mempool()).includes(txid));
  expect(await operator("transactions", "--waiting")).toContain(`${txid} -1000`);

  const bumped = await operator("bump", txid, "--sat-per-vbyte", "12", "--max-fee", "9000");
  const replacement = bumped.slice(0, 64);
  await waitFor("the replacement in the mempool", async () => {
    const waiting = await mempool();
    return waiting.includes(replacement) && !waiting.includes(txid);
  });
  expect((await operator(...send, "--key", "out-1")).slice(0, 64)).toBe(replacement);
  await confirm();
  const received = await world.bitcoind.call<number>("getreceivedbyaddress", [address], "miner");
  expect(received).toBe(0.01);
  await expect(operator("bump", replacement, "--max-fee", "90000")).rejects.toThrow(
    /transaction_not_bumpable/u,
  );
}, 120_000);

test("a close is `closing` until the block that ends it, and can then be looked up", async () => {
  const { client } = world.engine;
  const [channel] = valueOf(
    await client.node.listChannels({ peerNodeId: world.merchant.nodeId }, callOptions),
  ).channels;
  const channelId = channel?.channelId ?? "";
  expect(await operator("close", channelId)).toMatch(/^closing/u);
  type Closed = {
    readonly channelId: string;
    readonly closure: string;
    readonly confirmations: number;
  };
  const closed = async (): Promise<Closed | undefined> =>
    (JSON.parse(await operator("closed")) as Closed[]).find((one) => one.channelId === channelId);
  await waitFor("the end of the close", async () => (await closed()) !== undefined);
  expect(await closed()).toMatchObject({ closure: "cooperative", confirmations: 0 });
  await waitFor("the closing transaction", async () => (await mempool()).length > 0);
  await confirm();
  await waitFor("its confirmation", async () => (await closed())?.confirmations === 1);
}, 120_000);
