import { cleanup, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { fixtureSnapshot, movingBuy } from "../testing/fixture-wallet.ts";
import { renderScreen } from "../testing/render.tsx";
import { useKeepStorage } from "./use-keep-storage.ts";

const persist = vi.fn(async () => true);
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  persist.mockClear();
});

function Keeper() {
  useKeepStorage();
  return null;
}
const empty = { moving: [], recent: [], balance: null };
const show = (change: Parameters<typeof fixtureSnapshot>[0]) => {
  renderScreen(<Keeper />, { wallet: { snapshot: fixtureSnapshot(change) } });
};
const storageOf = (isPersisted: boolean) =>
  vi.stubGlobal("navigator", { storage: { persist, persisted: async () => isPersisted } });

test("an empty wallet asks for nothing", async () => {
  storageOf(false);
  show(empty);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(persist).not.toHaveBeenCalled();
});

test.each([
  ["money", { ...empty, balance: fixtureSnapshot().balance }],
  ["a buy on its way", { ...empty, moving: [movingBuy] }],
])("a wallet with %s asks the browser to keep its storage", async (_name, change) => {
  storageOf(false);
  show(change);
  await waitFor(() => expect(persist).toHaveBeenCalledOnce());
});

test("asks no more once the browser keeps it", async () => {
  storageOf(true);
  show({});
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(persist).not.toHaveBeenCalled();
});

test("goes on where the browser cannot keep storage", () => {
  vi.stubGlobal("navigator", {});
  expect(() => show({})).not.toThrow();
});
