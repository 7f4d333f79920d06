import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { valueOf } from "@satsconnect/money";
import { waitFor } from "../../scripts/support/processes.ts";
import type { DrillWorld } from "../support/drill-world.ts";
import { callOptions } from "../support/engine-world.ts";

type Coin = { readonly txid: string; readonly vout: number; readonly desc: string };

/**
 * Chapters "The state key is lost" and "Only the seed is left": the database cannot be used. An engine on an empty one
 * makes the peers close; Bitcoin Core finds and spends the coins with descriptors of the seed.
 */
export async function seedOnly(drill: DrillWorld): Promise<void> {
  const { world, wallet } = drill;
  const { bitcoind, secrets } = world;
  await drill.openChannel();
  const treasury = valueOf(await drill.engine.client.node.getTreasury({}, callOptions));
  const channelsSat = treasury.channelsLocalMsat / 1_000n;
  expect(channelsSat).toBeGreaterThan(100_000n);
  await drill.engine.stop();

  drill.say("the state key is gone: the engine refuses any other");
  const lost = path.join(world.home, "another-key");
  writeFileSync(lost, randomBytes(32).toString("hex"), { mode: 0o600 });
  expect(await drill.refusal({ STATE_KEY_FILE: lost })).toContain("does not have the key");

  drill.say("an engine on an empty database makes the peers close");
  drill.databaseUrl = await drill.postgres.database("engine_seed_only");
  expect(await drill.refusal({ STATE_KEY_FILE: lost })).toContain("older than this node's state");
  const counter = `${secrets.engineSeedFile}.commits`;
  const counted = readFileSync(counter, "utf8");
  await drill.start({
    STATE_KEY_FILE: lost,
    STATE_COUNTER_FILE: path.join(world.home, "another-counter"),
    RECOVERY: "close-channels",
  });
  expect((await drill.operator("treasury")).includes(`"channelsLocalMsat": "0"`)).toBe(true);
  // wallets connect by themselves; other peers have to be told
  await drill.operator("connect", world.merchant.nodeId, world.merchantAddress);
  await waitFor(
    "the peers' closes",
    async () =>
      (await wallet.channels()).length === 0 && (await world.merchant.channels()).length === 0,
    60_000,
  );
  // one confirmation: the engine itself would sweep the peers' closes after six
  await bitcoind.mine(1);
  await drill.engine.stop();

  drill.say("Bitcoin Core imports the descriptors of the seed and finds the coins");
  const output = await drill.command("apps/engine/src/seed-descriptors.ts", {
    NETWORK: "regtest",
    SEED_FILE: secrets.engineSeedFile,
  });
  expect(output).not.toContain(readFileSync(secrets.engineSeedFile, "utf8").trim());
  await bitcoind.call("createwallet", ["seed", false, true]);
  const imported = await bitcoind.call<readonly { readonly success: boolean }[]>(
    "importdescriptors",
    [JSON.parse(output)],
    "seed",
  );
  expect(imported.map(({ success }) => success)).toEqual([true, true, true, true]);
  const coins = await bitcoind.call<readonly Coin[]>("listunspent", [1], "seed");
  const ofPeers = coins.filter(({ desc }) => desc.startsWith("wsh("));
  expect(ofPeers.length).toBeGreaterThan(0);

  drill.say("and sends all of them away");
  const target = await bitcoind.call<string>("getnewaddress", [], "miner");
  const sent = await bitcoind.call<{ readonly txid: string; readonly complete: boolean }>(
    "sendall",
    [
      [target],
      null,
      "unset",
      5,
      { inputs: coins.map(({ txid, vout }) => ({ txid, vout, sequence: 1 })) },
    ],
    "seed",
  );
  expect(sent.complete).toBe(true);
  await bitcoind.mine(1);
  const { amount } = await bitcoind.call<{ readonly amount: number }>(
    "gettransaction",
    [sent.txid],
    "miner",
  );
  const onChainSat = treasury.onChainConfirmedSat + treasury.onChainUnconfirmedSat;
  const expectedSat = onChainSat + channelsSat;
  expect(BigInt(Math.round(amount * 1e8))).toBeGreaterThan(expectedSat - 50_000n);
  // it still guards the old database
  expect(readFileSync(counter, "utf8")).toBe(counted);
}
