import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { fixtureNow, fixtureSnapshot } from "../../testing/fixture-wallet.ts";
import { renderScreen } from "../../testing/render.tsx";
import { HomeNotices } from "./home-notices.tsx";

afterEach(cleanup);

const show = (change: Parameters<typeof fixtureSnapshot>[0]) => {
  renderScreen(<HomeNotices snapshot={fixtureSnapshot(change)} now={fixtureNow} />);
};
const empty = { moving: [], recent: [], balance: null };

test("says that right words, which no backup knows, have opened no wallet", () => {
  show({ ...empty, nothingRestored: true });
  const told = screen.getByTestId("home.nothing-restored").textContent ?? "";
  expect(told).toContain("No wallet was found for these words.");
  expect(told).toContain("extra word");
});

test("says it no more once there is money or an entry", () => {
  show({ nothingRestored: true });
  expect(screen.queryByTestId("home.nothing-restored")).toBeNull();
});

test("does not say it of a wallet that was found, or is new", () => {
  show({ ...empty, nothingRestored: false });
  expect(screen.queryByTestId("home.nothing-restored")).toBeNull();
});
