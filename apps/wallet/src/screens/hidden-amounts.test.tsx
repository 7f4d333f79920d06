import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fixtureNow, fixtureQuote, fixtureSnapshot } from "../testing/fixture-wallet.ts";
import { renderScreen } from "../testing/render.tsx";
import { HomeScreen } from "./home/home-screen.tsx";
import { ReceiptPage } from "./receipt/receipt-page.tsx";
import { SellScreen } from "./sell/sell-screen.tsx";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: fixtureNow });
});
afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

const press = (testId: string): void => {
  fireEvent.click(screen.getByTestId(testId));
};
const textOf = (testId: string): string => screen.getByTestId(testId).textContent ?? "";

const snapshot = fixtureSnapshot({
  balance: {
    spendableMsat: "145039000",
    totalMsat: "145039000",
    receivableMsat: "0",
    onChainSat: "77123",
    pendingMsat: "0",
    at: fixtureNow,
  },
});

test("home shows nothing of a hidden balance, not even in its notices", () => {
  renderScreen(<HomeScreen />, { wallet: { snapshot }, hideAmounts: true });
  expect(textOf("home.on-chain")).toContain("chain");
  expect(textOf("home")).not.toMatch(/77,123|145,039/u);
});

test("selling shows nothing of a hidden balance: no maximum, no available amount, no balance afterwards", async () => {
  renderScreen(<SellScreen />, {
    wallet: {
      snapshot,
      answers: { quote: () => ({ ok: true as const, value: fixtureQuote({ kind: "sell" }) }) },
    },
    hideAmounts: true,
  });
  expect(textOf("sell.amount")).not.toContain("You can sell up to");
  for (const digit of "900000") press(`sell.amount.key.${digit}`);
  expect(textOf("sell.amount.problem")).not.toMatch(/\d/u);
  for (let count = 0; count < 6; count += 1) press("sell.amount.key.erase");
  for (const digit of "3000") press(`sell.amount.key.${digit}`);
  press("sell.amount.continue");
  press("sell.number.continue");
  await waitFor(() => screen.getByTestId("sell.name.yes"));
  press("sell.name.yes");
  expect(textOf("sell.quote")).not.toContain("Balance afterwards");
});

test("a receipt shows hidden amounts only after a press", () => {
  const receipt = {
    title: "Confirmed",
    label: "You sent",
    kes: "1,234",
    sats: "9,876",
    lines: [{ sign: "", label: "Amount", amount: "1,234.00" }],
    total: { label: "Total", amount: "1,234.00" },
    facts: [],
    saying: null,
  } as const;
  renderScreen(
    <ReceiptPage receipt={receipt} finished onDone={() => undefined} fileName="r" testID="r" />,
    { hideAmounts: true },
  );
  expect(textOf("r")).not.toMatch(/1,234|9,876/u);
  press("receipt.sum");
  expect(textOf("r")).toMatch(/1,234/u);
});
