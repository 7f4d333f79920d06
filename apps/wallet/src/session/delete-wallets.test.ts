import { memoryStorage } from "../testing/memory-storage.ts";
import { beforeEach, expect, test } from "vitest";
import { resumeDeletingWallets, deleteAllWallets } from "./delete-wallets.ts";
import type { StorageLocations } from "./delete-wallets.ts";

let kept: Set<string>;
let refuses: Set<string>;
let locations: StorageLocations;

beforeEach(() => {
  memoryStorage.clear();
  kept = new Set(["real", "decoy"]);
  refuses = new Set();
  locations = {
    list: async () => [...kept],
    delete: async (id) => {
      if (refuses.has(id)) throw new Error("it is open");
      kept.delete(id);
    },
  };
});

test("deletes every wallet and the record of the deletion", async () => {
  await deleteAllWallets(locations);
  expect(kept.size).toBe(0);
  expect(memoryStorage.everything()).toBe("[]");
});

test("deletes a wallet that was still open at the next start, but none created since", async () => {
  refuses.add("real");
  await deleteAllWallets(locations);
  expect([...kept]).toEqual(["real"]);
  refuses.clear();
  kept.add("new");
  await resumeDeletingWallets(locations);
  expect([...kept]).toEqual(["new"]);
  await resumeDeletingWallets(locations);
  expect([...kept]).toEqual(["new"]);
});

test("resumes at the next start when the page closed before the wallets were listed", async () => {
  void deleteAllWallets({ ...locations, list: () => new Promise(() => undefined) });
  await resumeDeletingWallets(locations);
  expect(kept.size).toBe(0);
});
