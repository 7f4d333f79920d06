import { PaymentState } from "@satsconnect/contracts/grpc/payment";
import { createDatabase } from "@satsconnect/postgres";
import { msat, valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../scripts/support/processes.ts";
import { invoiceOf, jitInvoice, payRequest, untilState } from "./support/engine-payments.ts";
import { callOptions, startEngineWorld } from "./support/engine-world.ts";
import type { Engine, EngineWorld } from "./support/engine-world.ts";

let world: EngineWorld;
const laterMsat = msat(1_000_000n);
const tables = ["node_rows", "node_events", "node_position"];

beforeAll(async () => {
  world = await startEngineWorld("engine-recovery");
}, 240_000);
afterAll(() => world?.stop(), 60_000);

async function payWallet(engine: Engine, key: string, invoice: string, paymentHash: string) {
  valueOf(
    await engine.client.payment.processPayment(payRequest(key, invoice, laterMsat), callOptions),
  );
  await untilState(engine, paymentHash, PaymentState.SUCCEEDED);
}

async function query(...statements: readonly string[]): Promise<void> {
  const database = createDatabase(await world.postgres.database("engine"), {
    size: 1,
    name: "recovery-test",
  });
  for (const statement of statements) await database.query(statement);
  await database.end();
}

async function treasurySat(engine: Engine): Promise<bigint> {
  const treasury = valueOf(await engine.client.node.getTreasury({}, callOptions));
  return treasury.onChainConfirmedSat + treasury.onChainUnconfirmedSat;
}

test("an engine with an older database refuses to start, and recovers its channels without a broadcast", async () => {
  const { node: wallet } = await world.openWallet("wallet");
  const amount = msat(400_000_000n);
  const first = await jitInvoice(wallet, world.engineId, amount);
  valueOf(
    await world.engine.client.payment.processPayment(
      payRequest("first", first.invoice, amount),
      callOptions,
    ),
  );
  await untilState(world.engine, first.paymentHash, PaymentState.SUCCEEDED);
  await world.bitcoind.mine(6);
  await query(...tables.map((table) => `CREATE TABLE dump_${table} AS TABLE lightning.${table}`));
  for (let number = 0; number < 3; number++) {
    const { invoice, paymentHash } = await invoiceOf(wallet, laterMsat);
    await payWallet(world.engine, `later-${number}`, invoice, paymentHash);
  }
  const newest = valueOf(await world.engine.client.node.getTreasury({}, callOptions));
  const walletSat = (await wallet.balances()).channelsMsat / 1_000n;
  await world.engine.app.kill();
  await query(
    ...tables.flatMap((table) => [
      `DELETE FROM lightning.${table}`,
      `INSERT INTO lightning.${table} TABLE dump_${table}`,
    ]),
    "UPDATE lightning.node_position SET lease_until = '-infinity'",
  );

  const older = await world.startEngine("older");
  await expect(older.ready).rejects.toThrow(/older than this node's state/u);

  const recovering = await (
    await world.startEngine("recovering", {
      RECOVERY: "close-channels",
      // wallet and merchant follow the chain through the engine's Esplora API
      ESPLORA_LISTEN: new URL(world.engine.esploraUrl).host,
    })
  ).ready;
  expect(
    valueOf(await recovering.client.node.listChannels({ peerNodeId: "" }, callOptions)).channels,
  ).toEqual([]);
  expect(await world.bitcoind.call<readonly string[]>("getrawmempool")).toEqual([]);
  const before = await treasurySat(recovering);
  valueOf(await wallet.connect({ nodeId: world.engineId, address: recovering.webSocketUrl }));
  // both peers close: the wallet has connected, and the engine connects to the merchant
  await waitFor(
    "the peers' commitment transactions",
    async () =>
      (await wallet.channels()).length === 0 && (await world.merchant.channels()).length === 0,
    60_000,
  );
  const newestSat = newest.channelsLocalMsat / 1_000n;
  await waitFor(
    "the treasury",
    async () => {
      await world.bitcoind.mine(2);
      return (await treasurySat(recovering)) > before + newestSat - 20_000n;
    },
    120_000,
  );
  // what the wallet closed pays it after `to_self_delay`
  await world.bitcoind.mine(150);
  await waitFor(
    "the wallet's balance",
    async () => {
      await world.bitcoind.mine(1);
      const { confirmedSat } = (await wallet.balances()).onChain;
      return confirmedSat > walletSat - 5_000n;
    },
    120_000,
  );
  // afterwards the engine starts as usual
  await recovering.stop();
  const normal = await (await world.startEngine("normal")).ready;
  expect(
    valueOf(await normal.client.node.listChannels({ peerNodeId: "" }, callOptions)).channels,
  ).toEqual([]);
}, 400_000);
