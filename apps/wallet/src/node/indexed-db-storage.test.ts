import { describeCommitStore } from "@satsconnect/lightning/conformance";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { expect, test, vi } from "vitest";
import { openPlace } from "./indexed-db-storage.ts";

vi.stubGlobal("IDBKeyRange", IDBKeyRange);

describeCommitStore("IndexedDB", async () => {
  const factory = new IDBFactory();
  const place = await openPlace("w", factory);
  return {
    reopen: () => place.store(),
    remove: async () => place.close(),
  };
});

test("keeps wallets apart, and notes apart from state", async () => {
  const factory = new IDBFactory();
  const [one, other] = [await openPlace("one", factory), await openPlace("other", factory)];
  await one.notes.put("order/1", "a");
  await one.notes.put("order/2", "b");
  await one.notes.put("orders", "c");
  expect(await other.notes.list("")).toEqual([]);
  expect(await one.notes.list("order/")).toEqual([
    { key: "order/1", value: "a" },
    { key: "order/2", value: "b" },
  ]);
  await one.notes.delete("order/1");
  expect(await one.notes.get("order/1")).toBeUndefined();
  expect(await one.notes.get("order/2")).toBe("b");
  expect(await one.store().open()).toEqual({ commitNumber: 0, lastSequence: 0 });
});

test("a store outlives the connection to it", async () => {
  const factory = new IDBFactory();
  const before = await openPlace("w", factory);
  const store = before.store();
  await store.open();
  await store.commit({
    number: 1,
    rows: [{ table: "t", key: "k", value: Uint8Array.of(1, 2, 3).subarray(1) }],
    events: [],
  });
  before.close();
  const after = (await openPlace("w", factory)).store();
  expect(await after.open()).toEqual({ commitNumber: 1, lastSequence: 0 });
  expect(await after.read("t", "k")).toEqual(Uint8Array.of(2, 3));
});
