import { expect } from "vitest";
import { createDatabase } from "@satsconnect/postgres";
import { waitFor } from "../../scripts/support/processes.ts";
import type { DrillWorld } from "../support/drill-world.ts";
import { healthAt } from "../support/engine-world.ts";

/**
 * Chapter "Upgrade": the new engine starts as the standby, the old one is stopped, and may not come back. Both have the
 * code of this version here; what a newer one leaves in the database is written by hand.
 */
export async function upgrade(drill: DrillWorld): Promise<void> {
  drill.say("the new engine starts as the standby; the old one is stopped");
  const started = await drill.startStandby();
  await waitFor("the standby", async () => (await healthAt(started.httpUrl)).status === "standby");
  const old = drill.engine;
  const stopped = Date.now();
  await old.app.stop();
  const upgraded = await started.ready;
  drill.say(`the new one runs the node ${Math.ceil((Date.now() - stopped) / 1_000)} s later`);
  await drill.pay(upgraded);

  drill.say("the old version is refused: a newer migration, then a newer LDK");
  const database = createDatabase(drill.databaseUrl, { size: 1, name: "drill" });
  await database.query(
    "INSERT INTO schema_migrations (name, checksum) VALUES ('9999_newer.sql', '')",
  );
  expect(await drill.refusal()).toContain("A newer version has used this database");
  await database.query("DELETE FROM schema_migrations WHERE name = '9999_newer.sql'");
  const { rows } = await database.query<{ version: string }>("SELECT version FROM ldk_version");
  await database.query("UPDATE ldk_version SET version = '9.0.0'");
  expect(await drill.refusal()).toContain("LDK 9.0.0 has written this database");
  await database.query("UPDATE ldk_version SET version = $1", [rows[0]?.version]);
  await database.end();
  await upgraded.stop();
  await drill.start();
  await drill.pay();
}
