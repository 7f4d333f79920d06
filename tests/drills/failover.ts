import { expect } from "vitest";
import { waitFor } from "../../scripts/support/processes.ts";
import type { DrillWorld } from "../support/drill-world.ts";
import { healthAt } from "../support/engine-world.ts";

/** Chapter "Failover": a standby takes over from an engine that is killed, and gives the node back. */
export async function failover(drill: DrillWorld): Promise<void> {
  const first = drill.engine;
  drill.say("a second engine with the same database and secrets reports standby");
  const standby = await drill.startStandby();
  await waitFor("the standby", async () => (await healthAt(standby.httpUrl)).status === "standby");
  drill.say("the first one is killed; the standby is ready within seconds");
  await first.app.kill();
  const killed = Date.now();
  const second = await standby.ready;
  expect(Date.now() - killed).toBeLessThan(15_000);
  await drill.pay(second);
  drill.say("the first one comes back as the standby, and takes over when the second is stopped");
  const back = first.app.start();
  await waitFor(
    "the first one standing by",
    async () => (await healthAt(first.httpUrl)).status === "standby",
  );
  await second.stop();
  await back;
  await drill.pay();
}
