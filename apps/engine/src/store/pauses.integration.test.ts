import type { Queryable } from "@satsconnect/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogger } from "../logger.ts";
import { createTestDatabase } from "../testing/database.ts";
import type { TestDatabase } from "../testing/database.ts";
import { postgresPauses } from "./pauses.ts";
import type { StoredPauses } from "./pauses.ts";

const logger = createLogger("silent");
const opened: StoredPauses[] = [];
let store: TestDatabase;
beforeAll(async () => {
  store = await createTestDatabase();
});
afterAll(async () => {
  for (const pauses of opened) pauses.stop();
  await store?.drop();
});

async function engine(): Promise<StoredPauses> {
  const pauses = await postgresPauses(store.database, logger);
  opened.push(pauses);
  return pauses;
}

test("holds after a restart, and reaches another engine within seconds", async () => {
  const running = await engine();
  const standby = await engine();
  expect(running.list().map(({ kind, paused }) => [kind, paused])).toEqual([
    ["payments", false],
    ["channel_opens", false],
    ["forwards", false],
  ]);
  await running.set("payments", true, "an incident");
  expect(running.isPaused("payments")).toBe(true);
  expect(running.list()[0]).toMatchObject({ reason: "an incident" });
  const restarted = await engine();
  expect(restarted.isPaused("payments")).toBe(true);
  expect(restarted.isPaused("channel_opens")).toBe(false);
  await expect.poll(() => standby.isPaused("payments"), { timeout: 6_000 }).toBe(true);
  await restarted.set("payments", false, "it is over");
  await expect.poll(() => running.isPaused("payments"), { timeout: 6_000 }).toBe(false);
});

test("tells the node about forwards at each start and change, and again after a failure", async () => {
  const told: boolean[] = [];
  let fails = false;
  const apply = async (paused: boolean): Promise<void> => {
    if (fails) throw new Error("the node is restarting");
    told.push(paused);
  };
  const first = await engine();
  await first.onForwards(apply);
  expect(told).toEqual([]);
  await first.set("forwards", true, "an incident");
  expect(told).toEqual([true]);
  first.stop();

  const second = await engine();
  await second.onForwards(apply);
  expect(told).toEqual([true, true]);
  fails = true;
  await expect(second.set("forwards", false, "it is over")).rejects.toThrow("restarting");
  fails = false;
  await expect.poll(() => told, { timeout: 6_000 }).toEqual([true, true, false]);
  second.stop();

  // The last engine may have stopped between the row and its channels.
  const third = await engine();
  await third.onForwards(apply);
  expect(told).toEqual([true, true, false, false]);
});

test("a pause is in effect even if the database does not answer", async () => {
  let fails = false;
  const failing: Queryable = new Proxy(store.database, {
    get(database, name) {
      if (name === "query" && fails) return () => Promise.reject(new Error("no database"));
      const member: unknown = Reflect.get(database, name);
      return typeof member === "function" ? member.bind(database) : member;
    },
  });
  const pauses = await postgresPauses(failing, logger);
  opened.push(pauses);
  fails = true;
  await expect(pauses.set("payments", true, "an incident")).rejects.toThrow("no database");
  expect(pauses.isPaused("payments")).toBe(true);
  fails = false;
  await pauses.refresh();
  expect(pauses.isPaused("payments")).toBe(true);
});
