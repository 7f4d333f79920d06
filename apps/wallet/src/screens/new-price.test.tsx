import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { err, ok } from "@satsconnect/money";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fixtureNow, fixtureOrder } from "../testing/fixture-wallet.ts";
import { renderScreen } from "../testing/render.tsx";
import { BuyScreen } from "./buy-screen.tsx";
import { OrderScreen } from "./order-screen.tsx";

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

const waiting = fixtureOrder({
  state: "invoice_needed",
  reason: "price_changed",
  actions: ["fresh_invoice", "new_price", "cancel"],
});
const offer = {
  amountMsat: "15012000",
  rateKesPerBtc: "13180000.00",
  fees: [],
  expiresAt: new Date(fixtureNow + 90_000).toISOString(),
  coversPromise: false,
};

test("a buy whose price has risen names both amounts, and takes the new one at a press", async () => {
  const accepted: (string | null)[] = [];
  renderScreen(<OrderScreen orderId={waiting.id} />, {
    wallet: {
      order: { ...waiting, offer },
      answers: {
        renewPrice: ({ acceptedMsat }) => {
          accepted.push(acceptedMsat);
          return ok({ ...waiting, state: "paying", actions: [] });
        },
      },
    },
  });
  const take = await waitFor(() => screen.getByTestId("order.price.take"));
  expect(take.textContent).toContain("15,012");
  expect(screen.getByTestId("order.invoice_needed").textContent).toMatch(
    /15,012 sats instead of 15,575/u,
  );
  expect(screen.getByTestId("order.cancel")).toBeTruthy();
  press("order.price.take");
  await waitFor(() => {
    expect(accepted).toEqual(["15012000"]);
  });
});

test("an offer that has expired is not taken: the price of now is asked for first", async () => {
  const accepted: (string | null)[] = [];
  const past = { ...offer, expiresAt: new Date(fixtureNow - 1).toISOString() };
  renderScreen(<OrderScreen orderId={waiting.id} />, {
    wallet: {
      order: { ...waiting, offer: past },
      answers: {
        renewPrice: ({ acceptedMsat }) => {
          accepted.push(acceptedMsat);
          return err("rates_unavailable", "No price.", "safe");
        },
      },
    },
  });
  await waitFor(() => screen.getByTestId("order.price"));
  expect(screen.queryByTestId("order.price.take")).toBeNull();
  press("order.price");
  await waitFor(() => {
    expect(accepted).toEqual([null]);
  });
  expect(screen.getByTestId("order.invoice_needed").textContent).toContain("no reliable price");
});

test("a number that nobody paid from is proven by the code of M-Pesa's request, then priced again", async () => {
  const codes: string[] = [];
  renderScreen(<BuyScreen />, {
    wallet: {
      answers: {
        buy: () => err("number_unproven", "Prove it.", "never"),
        proveNumber: ({ code }) => {
          codes.push(code);
          return codes.length === 1 ? err("number_code_wrong", "Wrong.", "never") : ok(null);
        },
      },
    },
  });
  for (const digit of "2000") press(`buy.amount.key.${digit}`);
  press("buy.amount.continue");
  press((await waitFor(() => screen.getByTestId("buy.quote.pay"))).dataset["testid"] ?? "");
  const field = await waitFor(() => screen.getByTestId("buy.code.field"));
  fireEvent.change(field, { target: { value: " 7k-2m" } });
  press("buy.code.continue");
  await waitFor(() => {
    expect(screen.getByTestId("buy.code").textContent).toContain("not the code");
  });
  press("buy.code.continue");
  await waitFor(() => screen.getByTestId("buy.quote.pay"));
  expect(codes).toEqual(["7K2M", "7K2M"]);
});
