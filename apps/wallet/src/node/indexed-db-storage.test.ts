import { describeCommitStore } from "@satsconnect/lightning/conformance";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { expect, test, vi } from "vitest";
import { openWalletStorage } from "./indexed-db-storage.ts";

vi.stubGlobal("IDBKeyRange", IDBKeyRange);

describeCommitStore("IndexedDB", async () => {
  const factory = new IDBFactory();
  const storage = await openWalletStorage("w", factory);
  return {
    reopen: () => storage.store(),
    remove: async () => storage.close(),
  };
});

test("keeps wallets apart, and key-value entries apart from node state", async () => {
  const factory = new IDBFactory();
  const [one, other] = [
    await openWalletStorage("one", factory),
    await openWalletStorage("other", factory),
  ];
  await one.keyValueStore.put("order/1", "a");
  await one.keyValueStore.put("order/2", "b");
  await one.keyValueStore.put("orders", "c");
  expect(await other.keyValueStore.list("")).toEqual([]);
  expect(await one.keyValueStore.list("order/")).toEqual([
    { key: "order/1", value: "a" },
    { key: "order/2", value: "b" },
  ]);
  await one.keyValueStore.delete("order/1");
  expect(await one.keyValueStore.get("order/1")).toBeUndefined();
  expect(await one.keyValueStore.get("order/2")).toBe("b");
  expect(await one.store().open()).toEqual({ commitNumber: 0, lastSequence: 0 });
});

test("a store survives reopening the database", async () => {
  const factory = new IDBFactory();
  const before = await openWalletStorage("w", factory);
  const store = before.store();
  await store.open();
  await store.commit({
    number: 1,
    rows: [{ table: "t", key: "k", value: Uint8Array.of(1, 2, 3).subarray(1) }],
    events: [],
  });
  before.close();
  const after = (await openWalletStorage("w", factory)).store();
  expect(await after.open()).toEqual({ commitNumber: 1, lastSequence: 0 });
  expect(await after.read("t", "k")).toEqual(Uint8Array.of(2, 3));
});
