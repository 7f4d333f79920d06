import { readFileSync } from "node:fs";
import path from "node:path";
import { newMnemonic, seedOf } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet } from "@satsconnect/wallet/nodejs";
import { createDatabase } from "@satsconnect/postgres";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openMerchant } from "../scripts/stack/merchant.ts";
import { waitFor } from "../scripts/support/processes.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { buy } from "./support/wallets.ts";

const words = newMnemonic();
const tables = ["node_rows", "node_events", "node_position"];
let world: TestSystem;
let phone: FolderWallet | undefined;

beforeAll(async () => {
  world = await startTestSystem("theft");
}, 240_000);
afterAll(async () => {
  await phone?.close().catch(() => {});
  await world?.stop();
}, 60_000);

async function switchOn(): Promise<FolderWallet> {
  phone = valueOf(
    await openFolderWallet({
      folder: path.join(world.system.home, "wallets", "phone"),
      apiUrl: world.system.urls.api,
      seed: () => seedOf(words),
      chainPollMs: 300,
      prefer: "addon",
      backup: {},
      watchtower: world.system.watchtower,
    }),
  );
  return phone;
}

async function query(...statements: readonly string[]): Promise<void> {
  const database = createDatabase(world.system.databases.engine, { size: 1, name: "theft" });
  for (const statement of statements) await database.query(statement);
  await database.end();
}

type ChainTransaction = {
  readonly txid: string;
  readonly vin: readonly { readonly txid?: string; readonly vout?: number }[];
  readonly vout: readonly { readonly value: number }[];
};

/** The transaction in the chain that spends an output; undefined if it is unspent. */
async function spenderOf(
  txid: string,
  index: number,
  fromHeight: number,
): Promise<ChainTransaction | undefined> {
  const { bitcoind } = world.system;
  const tip = await bitcoind.call<number>("getblockcount");
  for (let height = fromHeight; height <= tip; height += 1) {
    const hash = await bitcoind.call<string>("getblockhash", [height]);
    const block = await bitcoind.call<{ readonly tx: readonly ChainTransaction[] }>("getblock", [
      hash,
      2,
    ]);
    const found = block.tx.find(({ vin }) =>
      vin.some((input) => input.txid === txid && input.vout === index),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

test("an operator that closes with an old state while the phone is off loses the whole channel to the phone", async () => {
  const { system } = world;
  const { bitcoind } = system;
  const customer = await world.addCustomer("WATCHED WANJIKU");
  const { wallet } = await switchOn();
  expect(await wallet.whenConnected(20_000)).toBe(true);
  await buy(world, phone as FolderWallet, customer, 300_000n);
  await waitFor("the channel", async () => (await wallet.balances()).channelsMsat > 0n, 30_000);
  await bitcoind.mine(6);

  // the state that the thief goes back to
  await query(...tables.map((table) => `CREATE TABLE dump_${table} AS TABLE lightning.${table}`));
  await buy(world, phone as FolderWallet, customer, 200_000n);
  const { invoice } = await openMerchant(system.urls.merchant).invoice(1_000n, "tea");
  const preview = valueOf(wallet.previewSend(invoice));
  expect(valueOf(await wallet.sendAndWait(invoice, preview, 30_000)).state).toBe("succeeded");
  const channels = await wallet.node.channels();
  expect(channels).toHaveLength(1);
  const [channel] = channels;
  const funding = channel?.funding;
  if (channel === undefined || funding === null || funding === undefined)
    throw new Error("no channel");
  await waitFor("the watchtower", async () => wallet.appointments?.status().waiting === 0, 30_000);
  expect(wallet.appointments?.status().state).toBe("current");
  await phone?.close();

  await system.apps.watchtower.stop();
  await system.apps.engine.kill();
  await query(
    ...tables.flatMap((table) => [
      `DELETE FROM lightning.${table}`,
      `INSERT INTO lightning.${table} TABLE dump_${table}`,
    ]),
    "UPDATE lightning.node_position SET lease_until = '-infinity'",
  );
  // the thief hides from its own engine that the state is old
  system.environment.engine["STATE_COUNTER_FILE"] = path.join(system.home, "another-counter");
  await system.apps.engine.start();
  const height = await bitcoind.call<number>("getblockcount");
  await waitFor("the theft", async () => {
    const closed = await system.engine.node.closeChannel(
      { channelId: channel.channelId, force: true },
      { deadlineMs: 20_000 },
    );
    return closed.ok;
  });
  let revoked: ChainTransaction | undefined;
  await waitFor(
    "the revoked transaction",
    async () => {
      await bitcoind.mine(1);
      revoked = await spenderOf(funding.txid, funding.index, height);
      return revoked !== undefined;
    },
    60_000,
  );
  if (revoked === undefined) throw new Error("no theft");
  const { txid, vout } = revoked;
  const spenders = () => Promise.all(vout.map((_, index) => spenderOf(txid, index, height)));

  // without the watchtower nobody takes what the thief has to wait for
  await bitcoind.mine(20);
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  await bitcoind.mine(1);
  const before = await spenders();

  await system.apps.watchtower.start();
  let punished = -1;
  await waitFor(
    "the punishment",
    async () => {
      await bitcoind.mine(1);
      const now = await spenders();
      punished = now.findIndex(
        (spender, index) => spender !== undefined && before[index] === undefined,
      );
      return punished >= 0;
    },
    60_000,
  ).catch((error: unknown) => {
    const log = readFileSync(path.join(system.home, "logs", "watchtower.log"), "utf8");
    throw new Error(`${String(error)}. The watchtower's log:\n${log}`, { cause: error });
  });
  const justice = (await spenders())[punished];
  const taken = vout[punished]?.value ?? 0;
  // the thief's part is more than it would have been with the newest state
  expect(taken * 1e8).toBeGreaterThan(Number(channel.capacitySat - channel.balanceMsat / 1_000n));
  expect([justice?.vin.length, justice?.vout.length]).toEqual([1, 1]);
  expect(justice?.vout[0]?.value).toBeGreaterThan(taken - 0.0001);

  // the phone comes back: everything in the channel is on its address, less fees
  const { wallet: back } = await switchOn();
  await waitFor(
    "the coins",
    async () => {
      await bitcoind.mine(1);
      const { confirmedSat } = (await back.balances()).onChain;
      return confirmedSat >= channel.capacitySat - 15_000n;
    },
    120_000,
  );
  const { channelsMsat } = await back.balances();
  expect(channelsMsat).toBe(0n);
}, 400_000);
