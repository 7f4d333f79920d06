import { DatabaseSync } from "node:sqlite";
import { describeCommitStore } from "@satsconnect/lightning/conformance";
import { expect, test } from "vitest";
import { openSqliteStorage } from "./sqlite-storage.ts";
import type { Sql } from "./sqlite-storage.ts";

/** Node.js's SQLite in place of a phone's, asynchronous like it. */
function nodeSql(database: DatabaseSync): Sql {
  const deferred = async <Value>(work: () => Value): Promise<Value> => {
    await new Promise((resolve) => setImmediate(resolve));
    return work();
  };
  return {
    exec: (text) => deferred(() => database.exec(text)),
    run: (text, values) => deferred(() => Number(database.prepare(text).run(...values).changes)),
    all: (text, values) => deferred(() => database.prepare(text).all(...values)),
    close: () => deferred(() => database.close()),
  };
}

describeCommitStore("a phone's SQLite", async () => {
  const storage = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  return {
    reopen: () => storage.store(),
    remove: () => storage.close(),
  };
});

test("stores, lists by prefix and deletes key-value entries", async () => {
  const { keyValueStore } = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  await Promise.all([
    keyValueStore.put("order/2", "b"),
    keyValueStore.put("order/1", "a"),
    keyValueStore.put("orders", "c"),
  ]);
  expect(await keyValueStore.list("order/")).toEqual([
    { key: "order/1", value: "a" },
    { key: "order/2", value: "b" },
  ]);
  await keyValueStore.put("order/1", "A");
  await keyValueStore.delete("order/2");
  expect(await keyValueStore.get("order/1")).toBe("A");
  expect(await keyValueStore.get("order/2")).toBeUndefined();
});

test("a key-value write is not part of a commit that is rolled back", async () => {
  const storage = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  const store = storage.store();
  await store.open();
  const refused = store.commit({ number: 7, rows: [], events: [] });
  const kept = storage.keyValueStore.put("key", "value");
  await expect(refused).rejects.toThrow("Another writer");
  await kept;
  expect(await storage.keyValueStore.get("key")).toBe("value");
});
