import { DatabaseSync } from "node:sqlite";
import { describeCommitStore } from "@satsconnect/lightning/conformance";
import { expect, test } from "vitest";
import { openSqliteStorage } from "./sqlite-storage.ts";
import type { Sql } from "./sqlite-storage.ts";

/** Node.js's SQLite in the place of a phone's: late, as that one is. */
function nodeSql(database: DatabaseSync): Sql {
  const later = async <Value>(work: () => Value): Promise<Value> => {
    await new Promise((resolve) => setImmediate(resolve));
    return work();
  };
  return {
    exec: (text) => later(() => database.exec(text)),
    run: (text, values) => later(() => Number(database.prepare(text).run(...values).changes)),
    all: (text, values) => later(() => database.prepare(text).all(...values)),
    close: () => later(() => database.close()),
  };
}

describeCommitStore("a phone's SQLite", async () => {
  const place = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  return {
    reopen: () => place.store(),
    remove: () => place.close(),
  };
});

test("notes are kept, listed by their beginnings, and forgotten", async () => {
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

test("a note does not come into a commit that is undone", async () => {
  const place = await openSqliteStorage(nodeSql(new DatabaseSync(":memory:")));
  const store = place.store();
  await store.open();
  const refused = store.commit({ number: 7, rows: [], events: [] });
  const kept = place.notes.put("key", "value");
  await expect(refused).rejects.toThrow("another writer");
  await kept;
  expect(await place.notes.get("key")).toBe("value");
});
