import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { expect } from "vitest";
import { waitFor } from "../../scripts/support/processes.ts";
import type { DrillWorld } from "../support/drill-world.ts";

const newKey = (): string => randomBytes(32).toString("hex");

/** Chapter "Keys": the state key is rotated under load, the engine is killed meanwhile, and the old key is removed. */
export async function keys(drill: DrillWorld): Promise<void> {
  const { secrets, home } = drill.world;
  const file = secrets.engineStateKeyFile;
  const old = readFileSync(file, "utf8").trim();
  const may = "old, may be removed";

  drill.say("a new key is the last line of STATE_KEY_FILE; rotate-state-key uses it");
  appendFileSync(file, `\n${newKey()}\n`);
  expect(await drill.operator("rotate-state-key")).toContain("new values are under");
  await drill.pay();
  drill.say("the engine is killed in the middle and continues");
  await drill.engine.app.kill();
  await drill.engine.app.start();
  await drill.pay();
  await waitFor("the end of the rotation", async () =>
    (await drill.operator("state-keys")).includes("finished"),
  );
  expect(await drill.operator("state-keys")).toContain(may);
  await expect(drill.operator("rotate-state-key")).rejects.toThrow("state_key_not_added");

  drill.say("the old key is removed; a file without the current key is refused");
  const current = readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "";
  writeFileSync(file, `${current}\n`);
  await drill.engine.stop();
  await drill.start();
  await drill.pay();
  const wrong = path.join(home, "wrong-key");
  writeFileSync(wrong, old, { mode: 0o600 });
  expect(await drill.refusal({ STATE_KEY_FILE: wrong })).toContain("does not have the key");

  drill.say("the next key is wrapped: UNWRAP_COMMAND decrypts it");
  // it stands for a KMS; anything that reads the text and writes the key will do
  const kms = path.join(home, "kms");
  writeFileSync(kms, "#!/bin/sh\nexec base64 -d\n");
  chmodSync(kms, 0o700);
  appendFileSync(file, `wrapped:${Buffer.from(newKey()).toString("base64")}\n`);
  await drill.engine.stop();
  expect(await drill.refusal()).toContain("set UNWRAP_COMMAND");
  drill.environment = { UNWRAP_COMMAND: kms };
  await drill.start();
  await drill.operator("rotate-state-key");
  await waitFor("the end of the rotation", async () =>
    (await drill.operator("state-keys")).includes("finished"),
  );
  await drill.pay();
}
