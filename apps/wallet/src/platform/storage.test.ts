import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test("a browser that forbids storage does not break the page, and is known for it", async () => {
  vi.stubGlobal("localStorage", undefined);
  const { storage, isStorageKept } = await import("./storage.ts");
  expect(isStorageKept).toBe(false);
  expect(storage.getItem("any")).toBeNull();
});

test("a storage that takes nothing is as one that is forbidden, but for who has a wallet in it", async () => {
  let vault: string | null = null;
  vi.stubGlobal("localStorage", {
    getItem: () => vault,
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  });
  expect((await import("./storage.ts")).isStorageKept).toBe(false);
  vi.resetModules();
  vault = "sealed";
  expect((await import("./storage.ts")).isStorageKept).toBe(true);
});
