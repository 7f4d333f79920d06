import { memoryStorage } from "../testing/memory-storage.ts";
import { beforeEach, expect, test } from "vitest";
import { finishForgetting, forgetPlaces } from "./delete-wallets.ts";
import type { Places } from "./delete-wallets.ts";

let kept: Set<string>;
let refuses: Set<string>;
let places: Places;

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
  await forgetPlaces(places);
  expect(kept.size).toBe(0);
  expect(memoryStorage.everything()).toBe("[]");
});

test("what is still open is deleted at the next start, and a wallet made since is not", async () => {
  refuses.add("real");
  await forgetPlaces(places);
  expect([...kept]).toEqual(["real"]);
  refuses.clear();
  kept.add("new");
  await finishForgetting(places);
  expect([...kept]).toEqual(["new"]);
  await finishForgetting(places);
  expect([...kept]).toEqual(["new"]);
});

test("a page that is closed before it knew what to delete goes on at the next start", async () => {
  void forgetPlaces({ ...places, list: () => new Promise(() => undefined) });
  await finishForgetting(places);
  expect(kept.size).toBe(0);
});
