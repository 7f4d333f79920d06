import type { Order } from "@satsconnect/contracts";
import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { orderEnd } from "./order-end.ts";
import { orderPath, currentPlace } from "./order-path.ts";
import type { StateTimes } from "./order-path.ts";

const at = (clockTime: string) => Date.parse(`2024-11-21T${clockTime}:00.000+03:00`);

function order(change: Partial<Order>): Order {
  return {
    id: "019ab0d6-1f4e-7a30-8a53-6d1f0c2b9e77",
    kind: "buy",
    state: "stk_requested",
    final: false,
    quoteId: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11",
    amountKesCents: "200000",
    amountMsat: "15575000",
    rateKesPerBtc: "12700000.00",
    fees: [],
    msisdn: "2547•••••408",
    recipientName: null,
    invoice: null,
    paymentHash: null,
    invoiceExpiresAt: null,
    mpesaReceipt: null,
    reason: null,
    actions: [],
    priceUntil: "2026-11-23T09:17:00.000Z",
    offer: null,
    createdAt: new Date(at("14:31")).toISOString(),
    updatedAt: new Date(at("14:32")).toISOString(),
    deadlineAt: new Date(at("14:34")).toISOString(),
    ...change,
  };
}

const sell = (change: Partial<Order>) =>
  order({
    kind: "sell",
    state: "held",
    recipientName: "WANJIKU M•••••",
    amountKesCents: "300000",
    amountMsat: "23622000",
    ...change,
  });

const times: StateTimes = {
  stk_requested: at("14:31"),
  kes_received: at("14:32"),
  paying: at("14:33"),
};

function path(of: Order, when: StateTimes = times, now = at("14:32") + 18_000) {
  return orderPath({ order: of, times: when, now, words: moneyEn });
}
const shapes = (of: Order, when?: StateTimes) => path(of, when).map((step) => step.state);

describe("a buy's path", () => {
  it("waits for the M-Pesa PIN with a countdown to the order's deadline", () => {
    const [first, ...rest] = path(order({}));
    expect(first).toMatchObject({ state: "waits", time: "1:42", place: "Enter your M-Pesa PIN" });
    expect(first?.detail).toContain("07•• ••• 408");
    expect(rest.map((step) => step.state)).toEqual(["next", "next", "next"]);
    expect(rest.map((step) => step.time)).toEqual(["", "", ""]);
  });

  it("shows finished steps with the times of their events, and the current one as moving", () => {
    const steps = path(order({ state: "paying", mpesaReceipt: "SKL4H7T2QZ" }));
    expect(steps.map(({ state }) => state)).toEqual(["done", "done", "moving", "next"]);
    expect(steps[0]).toMatchObject({ time: "14:32", detail: "Paid KES 2,000. SKL4H7T2QZ" });
    expect(steps[1]?.time).toBe("14:33");
    expect(currentPlace(steps)).toEqual({ index: 2, place: "Lightning" });
  });

  it("says late, never failed, where M-Pesa has not answered or a deadline has passed", () => {
    expect(path(order({ state: "stk_unknown" }))[0]).toMatchObject({ state: "late", time: "late" });
    const overdue = orderPath({ order: order({}), times, now: at("14:50"), words: moneyEn });
    expect(overdue[0]?.time).toBe("late");
  });

  it("asks to keep the app open when a new invoice is needed", () => {
    expect(shapes(order({ state: "invoice_needed" }))).toEqual(["done", "done", "waits", "next"]);
  });

  it("returns to M-Pesa after a refusal", () => {
    expect(shapes(order({ state: "refunding" }))).toEqual(["done", "done", "refused", "moving"]);
    expect(shapes(order({ state: "refunded", final: true, deadlineAt: null }))).toEqual([
      "done",
      "done",
      "refused",
      "arrived",
    ]);
    const cancelled = order({
      state: "cancelled",
      reason: "mpesa_1032",
      final: true,
      deadlineAt: null,
    });
    expect(shapes(cancelled)).toEqual(["refused", "arrived"]);
    expect(path(cancelled)[1]?.detail).toBe("You were not charged.");
  });

  it("shows a person handling a case, whether or not the shillings arrived", () => {
    expect(shapes(order({ state: "case" }))).toEqual(["done", "late"]);
    expect(shapes(order({ state: "case" }), {})).toEqual(["late"]);
  });
});

describe("a sell's path", () => {
  const went: StateTimes = {
    held: at("15:02"),
    payout_requested: at("15:02"),
    returning: at("15:03"),
    cancelled: at("15:04"),
  };

  it("runs from this phone to the recipient by name", () => {
    const steps = path(sell({}), went);
    expect(steps.map(({ state }) => state)).toEqual(["done", "moving", "next", "next"]);
    expect(steps[3]?.place).toBe("WANJIKU M•••••");
  });

  it("shows a refused payout and the returned sats", () => {
    const refused = sell({
      state: "cancelled",
      reason: "mpesa_8",
      final: true,
      deadlineAt: null,
    });
    const steps = path(refused, went);
    expect(steps.map(({ state }) => state)).toEqual(["done", "done", "refused", "arrived"]);
    expect(steps.map(({ time }) => time)).toEqual(["15:02", "15:02", "15:03", "15:04"]);
    expect(steps[2]?.detail).toBe("Did not pay. That account has reached its limit.");
    expect(orderEnd(refused, went, moneyEn)).toMatchObject({
      outcome: "failed",
      statement: "M-Pesa did not pay. Your sats are back.",
      actions: ["otherNumber"],
    });
  });

  it("includes the fees in what the phone paid", () => {
    const fees = [
      { code: "spread", amountKesCents: "4500", amountMsat: "354330" },
      { code: "mpesa", amountKesCents: "1500", amountMsat: "118110" },
    ] as const;
    expect(path(sell({ fees: [...fees] }), went)[0]?.detail).toContain("KES 3,060");
  });

  it("says that nothing left the phone when nothing was paid", () => {
    const ended = sell({ state: "expired", reason: "not_paid", final: true, deadlineAt: null });
    expect(path(ended, {})[1]?.detail).toBe("Nothing left this phone.");
    expect(orderEnd(ended, {}, moneyEn)?.outcome).toBe("failed");
    const cancelled = sell({ state: "cancelled", reason: "cancelled_by_holder", final: true });
    expect(orderEnd(cancelled, {}, moneyEn)?.statement).toBe("The sale is cancelled.");
  });

  it("waits for the phone when owed sats need an invoice, otherwise for M-Pesa", () => {
    expect(shapes(sell({ state: "owed", actions: ["fresh_invoice"] }), went).at(-1)).toBe("waits");
    expect(shapes(sell({ state: "owed" }), went)[2]).toBe("late");
  });
});

const buyStates = [
  "stk_requested",
  "stk_unknown",
  "kes_received",
  "paying",
  "paid",
  "invoice_needed",
  "refunding",
  "refunded",
  "cancelled",
  "expired",
  "case",
] as const;
const sellStates = [
  "invoice_open",
  "held",
  "payout_requested",
  "payout_unknown",
  "payout_confirmed",
  "claimed",
  "returning",
  "protective_claim",
  "owed",
  "refunding",
  "refunded",
  "cancelled",
  "expired",
  "case",
] as const;
const final = new Set(["paid", "refunded", "cancelled", "expired", "claimed"]);

describe("every state of both kinds", () => {
  const all = [
    ...buyStates.map((state) => order({ state })),
    ...sellStates.map((state) => sell({ state })),
  ];

  it.each(all.map((of) => [`${of.kind} ${of.state}`, of] as const))(
    "%s has text for every step in both languages, and no live step after the end",
    (_name, of) => {
      const ended = final.has(of.state);
      const current = { ...of, final: ended, deadlineAt: ended ? null : of.deadlineAt };
      for (const words of [moneyEn, moneySw]) {
        for (const when of [{}, times]) {
          const steps = orderPath({ order: current, times: when, now: at("14:32"), words });
          expect(steps.length).toBeGreaterThan(0);
          for (const step of steps) {
            expect(step.place).not.toBe("");
            expect(step.detail).not.toBe("");
            expect(step.detail).not.toContain("undefined");
          }
          const live = steps.filter((step) =>
            ["waits", "moving", "late"].includes(step.state),
          ).length;
          expect(live).toBe(ended ? 0 : 1);
        }
        const end = orderEnd(current, {}, words);
        if (ended) expect(end?.statement).toBeTruthy();
        if (end !== null && end.outcome !== "succeeded") expect(end.nextStep).toBeTruthy();
      }
    },
  );

  it("explains M-Pesa's codes, and calls an unknown one unclear", () => {
    for (const code of ["1", "17", "26", "1001", "1025", "1032", "2001", "8006"]) {
      const end = orderEnd(order({ state: "cancelled", reason: `mpesa_${code}` }), {}, moneyEn);
      expect(end?.statement).not.toBe(moneyEn.reason.unclear);
    }
    const unknownCode = orderEnd(order({ state: "cancelled", reason: "mpesa_12345" }), {}, moneyEn);
    expect(unknownCode?.statement).toBe(moneyEn.reason.unclear);
    expect(unknownCode?.actions).toContain("talk");
  });
});

it("says that the sats are back only when the wallet's own payment was returned", () => {
  for (const state of ["cancelled", "expired"] as const)
    for (const words of [moneyEn, moneySw]) {
      const cancelled = sell({ state, final: true, reason: "mpesa_1" });
      expect(orderEnd(cancelled, {}, words, false)?.outcome).toBe("failed");
      const unreturned = orderEnd(cancelled, {}, words, true);
      expect(unreturned?.outcome).toBe("open");
      expect(unreturned?.statement).toContain("23,622");
      expect(unreturned?.reference).toBe(cancelled.id);
    }
  expect(orderEnd(sell({ state: "claimed", final: true }), {}, moneyEn, true)?.outcome).toBe(
    "succeeded",
  );
});
