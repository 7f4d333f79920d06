import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { err, valueOf } from "@satsconnect/money";
import { createSwitchStore } from "../../adapters/postgres/switch-store.ts";
import { createAlarms } from "../../app/alarms/alarms.ts";
import { createLogger } from "../../app/logger.ts";
import { createSwitches } from "../../app/switches.ts";
import { defaultOperatorSettings } from "../../domain/operator-settings.ts";
import { startTestAdmin } from "../../testing/admin.ts";
import type { TestAdmin } from "../../testing/admin.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";

const log = createLogger("silent");
const satsctl = fileURLToPath(new URL("../../../../cli/src/satsctl.ts", import.meta.url));
let testDatabase: TestDatabase;
let admin: TestAdmin;
let wrong = false;
const alarms = createAlarms({
  checks: [
    {
      name: "x",
      find: async () =>
        wrong ? [{ name: "float_low", severity: "critical", detail: "Top up." }] : [],
    },
  ],
  now: Date.now,
  log,
});

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const noOrder = err("order_not_found", "There is no such order.", "never");
  admin = await startTestAdmin({
    testDatabase,
    alarms,
    orders: {
      possibleActs: async () => null,
      previewAct: async () => noOrder,
      act: async () => noOrder,
    },
  });
});
afterAll(async () => {
  await admin.close();
  await testDatabase.drop();
});

/** Runs satsctl as a process, with the certificate of `operator`. */
function run(...args: readonly string[]) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "satsctl-"));
  const { certificate, key, authority } = admin.identity("operator");
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text, { mode: 0o600 });
    return path.join(folder, name);
  };
  const identity = [
    "--cert",
    file("c", certificate),
    "--key",
    file("k", key),
    "--ca",
    file("a", authority),
  ];
  const all = [satsctl, ...args, "--api", admin.mtlsUrl, ...identity];
  return new Promise<{ readonly code: number; readonly text: string }>((resolve) => {
    execFile(process.execPath, all, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
  });
}

describe("the operator", () => {
  test("stops buys with satsctl, in every process, and the history says who and why", async () => {
    const process = createSwitches({
      store: createSwitchStore(testDatabase.database),
      configured: defaultOperatorSettings,
      now: Date.now,
      log,
    });
    expect(await run("switches", "set", "stop_buys", "on")).toMatchObject({ code: 2 });
    const stopped = await run("switches", "set", "stop_buys", "on", "--reason", "float is low");
    expect(stopped).toMatchObject({ code: 0 });
    await process.reload();
    expect(process.settings.stops.buys).toBe(true);
    const listed = await run("switches");
    expect(listed.text).toMatch(/stop_buys .* on .* operator .* float is low/);
    await run("switches", "clear", "stop_buys", "--reason", "topped up");
    await process.reload();
    expect(process.settings.stops.buys).toBe(false);
    const history = await run("switches", "changes", "--json");
    expect(JSON.parse(history.text)).toMatchObject({
      changes: [
        { name: "stop_buys", value: null, by: "operator", reason: "topped up" },
        { name: "stop_buys", value: "on", by: "operator", reason: "float is low" },
      ],
    });
  });

  test("stops a phone as people write its number, and the log does not have it", async () => {
    const args = ["switches", "set", "stop_phone", "0712 345 678", "on", "--reason", "stolen"];
    expect(await run(...args)).toMatchObject({ code: 0 });
    const list = valueOf(await admin.satsctl("operator")("listSwitches"));
    expect(list.inForce).toMatchObject([{ name: "stop_phone", subject: "254712345678" }]);
    expect(admin.logged()).toContain("stop_phone");
    expect(admin.logged()).not.toContain("254712345678");
  });

  test("learns what a switch takes when it is wrong", async () => {
    for (const args of [
      ["stop_everything", "on"],
      ["stop_rail", "pigeon", "on"],
      ["spread_parts_per_million", "999999"],
    ]) {
      const answer = await run("switches", "set", ...args, "--reason", "a mistake");
      expect(answer.code).toBe(2);
      expect(answer.text.length).toBeGreaterThan(20);
    }
  });

  test("changes a switch in the console at once, and needs a second person to give customers more", async () => {
    const wanjiku = await admin.enrol("wanjiku");
    const otieno = await admin.enrol("otieno");
    const set = async (value: string) => {
      const body = { name: "spread_parts_per_million", subject: "", value, reason: "the market" };
      return valueOf(await wanjiku.client("changeSwitch", { body }));
    };
    const inForce = async () =>
      valueOf(await wanjiku.client("listSwitches")).inForce.find(
        ({ name }) => name === "spread_parts_per_million",
      )?.value;
    expect((await set("20000")).act.status).toBe("executed");
    expect(await inForce()).toBe("20000");
    const lower = await set("1000");
    expect(lower.act.status).toBe("waiting");
    expect(await inForce()).toBe("20000");
    expect(valueOf(await otieno.approve(lower.act.id)).act.status).toBe("executed");
    expect(await inForce()).toBe("1000");
    const log = valueOf(await wanjiku.client("readLog", { query: { newestFirst: "true" } }));
    expect(log.entries.slice(0, 3).map(({ step }) => step)).toEqual([
      "executed",
      "approved",
      "proposed",
    ]);
  });

  test("sees the alarms with their age", async () => {
    expect((await run("alarms")).text).toContain("No alarms. Not checked yet.");
    wrong = true;
    await alarms.check();
    const shown = await run("alarms");
    expect(shown.text).toMatch(/0 min +critical +float_low +Top up\./);
    const list = valueOf(await admin.satsctl("operator")("listAlarms"));
    expect(list.alarms).toMatchObject([{ name: "float_low", severity: "critical" }]);
  });
});
