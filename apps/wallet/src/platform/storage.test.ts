import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test("falls back to memory where the browser forbids storage, and reports it", async () => {
  vi.stubGlobal("localStorage", undefined);
  const { storage, isStorageKept } = await import("./storage.ts");
  expect(isStorageKept).toBe(false);
  expect(storage.getItem("any")).toBeNull();
});

test("treats a storage that refuses writes as forbidden, unless it holds a wallet", async () => {
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
