import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { waitFor } from "../../scripts/support/processes.ts";
import type { DrillWorld } from "../support/drill-world.ts";

/** Chapter "The state counter is lost": the engine starts, says so, and counts again. */
export async function counter(drill: DrillWorld): Promise<void> {
  const { home, secrets } = drill.world;
  const file = `${secrets.engineSeedFile}.commits`;
  await drill.engine.stop();
  const before = Number(readFileSync(file, "utf8"));
  rmSync(file);
  drill.say("the engine starts without the file and warns");
  await drill.start();
  expect(readFileSync(path.join(home, "engine.log"), "utf8")).toContain(
    "there was no state counter; an older database cannot be recognised",
  );
  await drill.pay();
  drill.say("after a payment the file is there again");
  await waitFor(
    "the counter",
    async () => existsSync(file) && Number(readFileSync(file, "utf8")) > before,
  );
}
