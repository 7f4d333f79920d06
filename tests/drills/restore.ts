import path from "node:path";
import { createDatabase } from "@satsconnect/postgres";
import { waitFor } from "../../scripts/support/processes.ts";
import type { DrillWorld } from "../support/drill-world.ts";
import { baseBackup, startReplica } from "../support/postgres-copies.ts";

/**
 * Chapters "Backup" and "Restore": a base backup of a running engine becomes a synchronous standby server. The first
 * server is destroyed while the engine pays, and the standby has every commit.
 */
export async function restore(drill: DrillWorld): Promise<void> {
  const { world } = drill;
  const first = drill.postgres;
  drill.say("a base backup is taken while the engine pays");
  const copying = baseBackup(first.url, world.home, path.join(world.home, "replica"));
  await drill.pay();
  const backup = await copying;
  drill.say("it becomes a synchronous standby server");
  const replica = await startReplica(backup, first.url);
  const administrator = createDatabase(first.url, { size: 1, name: "drill" });
  await administrator.query("ALTER SYSTEM SET synchronous_standby_names = 'replica'");
  await administrator.query("SELECT pg_reload_conf()");
  await waitFor("synchronous replication", async () => {
    const { rows } = await administrator.query<{ state: string }>(
      "SELECT sync_state AS state FROM pg_stat_replication",
    );
    return rows[0]?.state === "sync";
  });
  await administrator.end();
  await drill.pay();
  await drill.pay();

  drill.say("the server is destroyed under the engine; the standby server is promoted");
  await first.process?.kill();
  await drill.engine.app.kill();
  const promoted = createDatabase(replica.url, { size: 1, name: "drill" });
  await promoted.query("SELECT pg_promote(true)");
  await promoted.end();
  drill.postgres = replica;
  drill.databaseUrl = await replica.database("engine");
  drill.say("the engine starts on it: nothing was lost");
  await drill.start();
  await drill.pay();
}
