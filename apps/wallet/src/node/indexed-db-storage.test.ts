import { describeCommitStore } from "@satsconnect/lightning/conformance";
import { forceCloseDatabase, IDBFactory, IDBKeyRange } from "fake-indexeddb";
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

/** A factory whose connections a test can cut off, as a browser does when it clears its storage. */
function cuttable() {
  const inner = new IDBFactory();
  const open: IDBDatabase[] = [];
  const factory = Object.create(inner, {
    open: {
      value: (name: string, version: number) => {
        const request = inner.open(name, version);
        request.addEventListener("success", () => open.push(request.result));
        return request;
      },
    },
  }) as IDBFactory;
  return {
    factory,
    inner,
    /** `told`: whether the browser fires the event; not every one does. */
    cut: (told: boolean) => {
      for (const database of open.splice(0)) {
        // its type names the class where it takes an object of it
        if (told) (forceCloseDatabase as unknown as (closed: IDBDatabase) => void)(database);
        else database.close();
      }
    },
  };
}

test.each([true, false])(
  "opens the database again after the browser cut its connection off (with an event: %s)",
  async (told) => {
    const { factory, inner, cut } = cuttable();
    const storage = await openWalletStorage("w", factory);
    const lost = vi.fn();
    const stop = storage.onLost(lost);
    const store = storage.store();
    await store.open();
    await storage.keyValueStore.put("a", "1");
    cut(told);
    // the worker that has this store in memory ends; the next one gets a store that works
    await expect(store.read("t", "k")).rejects.toThrow(/not allowed/u);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce());
    const next = storage.store();
    expect(await next.open()).toEqual({ commitNumber: 0, lastSequence: 0 });
    expect(await storage.keyValueStore.get("a")).toBe("1");
    await expect(store.read("t", "k")).rejects.toThrow(/not allowed/u);
    expect(lost).toHaveBeenCalledOnce();
    // cleared as well: it begins empty, as after a reload
    cut(told);
    await new Promise<void>((resolve) => {
      inner.deleteDatabase("satsconnect-wallet-w").addEventListener("success", () => resolve());
    });
    await expect(next.read("t", "k")).rejects.toThrow(/not allowed/u);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(2));
    expect(await storage.keyValueStore.get("a")).toBeUndefined();
    stop();
    storage.close();
    await expect(storage.keyValueStore.get("a")).rejects.toThrow("closed");
  },
);

test("does not create a database again that another tab deletes", async () => {
  const factory = new IDBFactory();
  const storage = await openWalletStorage("w", factory);
  await new Promise<void>((resolve) => {
    factory.deleteDatabase("satsconnect-wallet-w").addEventListener("success", () => resolve());
  });
  await expect(storage.keyValueStore.get("a")).rejects.toThrow("closed");
  expect(await factory.databases()).toEqual([]);
});
