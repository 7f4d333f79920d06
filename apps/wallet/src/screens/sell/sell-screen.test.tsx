import { err } from "@satsconnect/money";
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fixtureNow, fixtureQuote } from "../../testing/fixture-wallet.ts";
import { renderScreen } from "../../testing/render.tsx";
import { SellScreen } from "./sell-screen.tsx";

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

async function toQuote(): Promise<void> {
  for (const digit of "3000") press(`sell.amount.key.${digit}`);
  press("sell.amount.continue");
  press("sell.number.continue");
  await waitFor(() => screen.getByTestId("sell.name.yes"));
  press("sell.name.yes");
}

test("shows the recipient before the price, and sells only after both were confirmed", async () => {
  const sold = vi.fn(() => err("float_exhausted", "Not now.", "safe"));
  const quote = vi.fn(() => ({ ok: true as const, value: fixtureQuote({ kind: "sell" }) }));
  renderScreen(<SellScreen />, { wallet: { answers: { quote, sell: sold } } });
  for (const digit of "3000") press(`sell.amount.key.${digit}`);
  expect(quote).not.toHaveBeenCalled();
  press("sell.amount.continue");
  press("sell.number.continue");
  await waitFor(() => screen.getByTestId("sell.name.yes"));
  expect(screen.queryByTestId("sell.quote.sell")).toBeNull();
  press("sell.name.yes");
  expect(sold).not.toHaveBeenCalled();
  press("sell.quote.sell");
  await waitFor(() => {
    expect(sold).toHaveBeenCalledTimes(1);
  });
});

test("does not sell without the PIN above the limit", async () => {
  const sold = vi.fn(() => err("float_exhausted", "Not now.", "safe"));
  const asked = vi.fn(async () => false);
  renderScreen(<SellScreen />, {
    wallet: {
      answers: {
        quote: () => ({ ok: true as const, value: fixtureQuote({ kind: "sell" }) }),
        sell: sold,
      },
    },
    authorize: asked,
  });
  await toQuote();
  press("sell.quote.sell");
  await waitFor(() => {
    expect(asked).toHaveBeenCalledTimes(1);
  });
  expect(sold).not.toHaveBeenCalled();
});
