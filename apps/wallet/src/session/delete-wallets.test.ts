import { memoryStorage } from "../testing/memory-storage.ts";
import { beforeEach, expect, test } from "vitest";
import { resumeDeletingWallets, deleteAllWallets } from "./delete-wallets.ts";
import type { StorageLocations } from "./delete-wallets.ts";

let kept: Set<string>;
let refuses: Set<string>;
let places: StorageLocations;

beforeEach(() => {
  memoryStorage.clear();
  kept = new Set(["real", "decoy"]);
  refuses = new Set();
  places = {
    list: async () => [...kept],
    forget: async (id) => {
      if (refuses.has(id)) throw new Error("it is open");
      kept.delete(id);
    },
  };
});

test("everything is deleted, and nothing is left of it", async () => {
  await deleteAllWallets(places);
  expect(kept.size).toBe(0);
  expect(memoryStorage.everything()).toBe("[]");
});

test("what is still open is deleted at the next start, and a wallet made since is not", async () => {
  refuses.add("real");
  await deleteAllWallets(places);
  expect([...kept]).toEqual(["real"]);
  refuses.clear();
  kept.add("new");
  await resumeDeletingWallets(places);
  expect([...kept]).toEqual(["new"]);
  await resumeDeletingWallets(places);
  expect([...kept]).toEqual(["new"]);
});

test("a page that is closed before it knew what to delete goes on at the next start", async () => {
  void deleteAllWallets({ ...places, list: () => new Promise(() => undefined) });
  await resumeDeletingWallets(places);
  expect(kept.size).toBe(0);
});
