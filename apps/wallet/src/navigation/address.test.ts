import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { firstRoute, hideAddress, privateAddressOf } from "./address.ts";

const order = { name: "order", orderId: "0193" } as const;

beforeEach(() => {
  const location = { hash: "" };
  const history = {
    state: null as unknown,
    replaceState: (state: unknown, _title: string, address: string) => {
      history.state = state;
      location.hash = address;
    },
  };
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", history);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("a wallet returns to its own order after a reload and after unlocking", () => {
  location.hash = "#/order/0193";
  expect(firstRoute(privateAddressOf(order))).toEqual(order);
  hideAddress();
  expect(location.hash).toBe("#/");
  expect(firstRoute(privateAddressOf(order))).toEqual(order);
});

test("a decoy neither sees nor opens an order of another wallet", () => {
  location.hash = "#/order/0193";
  expect(firstRoute(null)).toEqual({ name: "home" });
  hideAddress();
  expect(location.hash).not.toContain("0193");
  expect(firstRoute(null)).toEqual({ name: "home" });
});

test("opens pages without a payment from their address, and starts at home without an address", () => {
  location.hash = "#/settings";
  hideAddress();
  expect(firstRoute(null)).toEqual({ name: "settings" });
  location.hash = "";
  expect(firstRoute(privateAddressOf(order))).toEqual({ name: "home" });
});
