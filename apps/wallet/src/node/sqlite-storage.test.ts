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
  const place = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  return {
    reopen: () => place.store(),
    remove: () => place.close(),
  };
});

test("stores, lists by prefix and deletes key-value entries", async () => {
  const { notes } = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  await Promise.all([
    notes.put("order/2", "b"),
    notes.put("order/1", "a"),
    notes.put("orders", "c"),
  ]);
  expect(await notes.list("order/")).toEqual([
    { key: "order/1", value: "a" },
    { key: "order/2", value: "b" },
  ]);
  await notes.put("order/1", "A");
  await notes.delete("order/2");
  expect(await notes.get("order/1")).toBe("A");
  expect(await notes.get("order/2")).toBeUndefined();
});

test("a key-value write is not part of a commit that is rolled back", async () => {
  const place = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  const store = place.store();
  await store.open();
  const refused = store.commit({ number: 7, rows: [], events: [] });
  const kept = place.notes.put("key", "value");
  await expect(refused).rejects.toThrow("Another writer");
  await kept;
  expect(await place.notes.get("key")).toBe("value");
});
