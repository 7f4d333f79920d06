import path from "node:path";
import { expect } from "vitest";
import { valueOf } from "@satsconnect/money";
import { startPostgres } from "../../scripts/support/postgres.ts";
import { freePort } from "../../scripts/support/ports.ts";
import { waitFor } from "../../scripts/support/processes.ts";
import type { DrillWorld } from "../support/drill-world.ts";
import { callOptions } from "../support/engine-world.ts";
import { baseBackup } from "../support/postgres-copies.ts";

/**
 * Chapter "Only an older backup": the engine refuses it, closes its channels in recovery mode without broadcasting
 * anything of its own, gets its newest balance from its peers, and starts again.
 */
export async function olderBackup(drill: DrillWorld): Promise<void> {
  const { world, wallet } = drill;
  const { bitcoind } = world;
  const from = drill.postgres === world.postgres ? world.home : path.join(world.home, "replica");
  drill.say("a base backup; then three more payments; then engine and server are destroyed");
  const backup = await baseBackup(drill.postgres.url, from, path.join(world.home, "older"));
  for (let number = 0; number < 3; number += 1) await drill.pay();
  const newest = valueOf(await drill.engine.client.node.getTreasury({}, callOptions));
  const [channel] = await wallet.channels();
  const walletSat = (await wallet.balances()).channelsMsat / 1_000n;
  await drill.engine.app.kill();
  await drill.postgres.process?.kill();

  drill.say("the engine refuses the restored database");
  drill.postgres = await startPostgres(backup.folder, { ownServer: true });
  drill.databaseUrl = await drill.postgres.database("engine");
  await waitFor("the refusal", async () =>
    (await drill.refusal()).includes("The database is older than this node's state"),
  );

  drill.say("RECOVERY=close-channels: nothing is broadcast, and the peers close");
  // the wallet does not find it at this address: nothing can have closed its channel but the engine
  const recovering = await drill.start({
    RECOVERY: "close-channels",
    LIGHTNING_WS_LISTEN: `127.0.0.1:${String(await freePort())}`,
  });
  expect(JSON.parse(await drill.operator("channels"))).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const funding = channel?.funding;
  expect(await bitcoind.call("gettxout", [funding?.txid, funding?.index])).not.toBeNull();
  const before = await drill.treasurySat();
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
      await bitcoind.mine(2);
      return (await drill.treasurySat()) > before + newestSat - 20_000n;
    },
    120_000,
  );
  // what the wallet closed pays it after `to_self_delay`
  await bitcoind.mine(150);
  await waitFor(
    "the wallet's balance",
    async () => {
      await bitcoind.mine(1);
      return (await wallet.balances()).onChain.confirmedSat > walletSat - 5_000n;
    },
    120_000,
  );

  drill.say("afterwards the engine starts as usual, and opens channels again");
  await drill.engine.stop();
  await drill.start();
  expect(JSON.parse(await drill.operator("channels"))).toEqual([]);
  await drill.openChannel();
  await drill.pay();
}
