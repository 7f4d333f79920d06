import { reportedCases } from "@satsconnect/money/reported-cases";
import { describe, expect, test } from "vitest";
import { promptAnswer } from "../../adapters/daraja/messages.ts";
import { decide } from "../decide.ts";
import { judgeLate, lateEffect } from "../late.ts";
import type { Decision } from "../decision.ts";
import type { Fact, PromptCallback } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { sampleBuy, sampleTime } from "../samples.ts";

const minute = 60_000;
const prompted: BuyOrder = {
  ...sampleBuy({ orderId: "order", quoteId: "quote", walletId: "wallet", tag: "1" }),
};
const accepted: BuyOrder = {
  ...prompted,
  prompt: { ...prompted.prompt, status: "accepted", checkoutRequestId: "ws_CO_1" },
};
const callback = (code: string): PromptCallback => ({
  checkoutRequestId: "ws_CO_1",
  succeeded: false,
  code,
  amountKesCents: null,
  receipt: null,
  msisdn: null,
});
const calledBack = (code: string): Fact => ({
  type: "prompt_called_back",
  callback: callback(code),
});
const queried = (code: string): Fact => ({
  type: "prompt_query_answered",
  answer: { ok: true, value: { status: "unlisted", code } },
});
const next = (decision: Decision | null): BuyOrder => decision?.next as BuyOrder;

describe("a code of a public report", () => {
  const answered = (code: string): Fact => ({
    type: "prompt_query_answered",
    answer: { ok: true, value: promptAnswer(code) },
  });
  /** The order after callback and query said `code` again and again; the minute in which the person was told. */
  const heard = (code: string) => {
    let order = next(decide(accepted, calledBack(code), sampleTime));
    for (let at = 0; at <= 60; at += 1) {
      order = next(decide(order, answered(code), sampleTime + at * minute)) ?? order;
      if (order.state !== "stk_requested" && order.state !== "stk_unknown") return { order, at };
    }
    return { order, at: Number.POSITIVE_INFINITY };
  };

  test.each(reportedCases("stk-code-known"))("$id: $expected", ({ input }) => {
    const { order, at } = heard(String(input));
    expect(["cancelled", "expired"]).toContain(order.state);
    expect(at).toBeLessThanOrEqual(16);
  });

  test.each(reportedCases("stk-code-unknown"))("$id: $expected", ({ input }) => {
    const { order, at } = heard(String(input));
    expect(order).toMatchObject({ state: "expired", reason: `mpesa_${String(input)}` });
    expect(at).toBeLessThan(60);
    // a success that comes after all is asked about, and then somebody looks at it
    const paid: Fact = {
      type: "prompt_called_back",
      callback: { ...callback("0"), succeeded: true },
    };
    expect(lateEffect(order, paid)).toMatchObject({ type: "query_prompt" });
    const late = sampleTime + 90 * minute;
    const { decision } = judgeLate(order, paid, answered("0"), late, late);
    expect(decision.postings).not.toEqual([]);
    expect(decision.cases).not.toEqual([]);
  });
});

describe("31: an STK code that M-Pesa does not document", () => {
  test("31: that callback and query agree on is told at once, and ends the wait as late", () => {
    const heard = next(decide(accepted, calledBack("11"), sampleTime + minute));
    const told = next(decide(heard, queried("11"), sampleTime + minute));
    expect(told).toMatchObject({ state: "stk_unknown", reason: "mpesa_11" });
    const ended = decide(told, queried("11"), sampleTime + 15 * minute);
    expect(ended?.next).toMatchObject({ state: "expired", reason: "mpesa_11" });
    expect(ended?.cases).toEqual([]);
  });

  test("that only the query has waits for the callback, and ends within the hour", () => {
    const soon = next(decide(accepted, queried("11"), sampleTime + minute));
    expect(soon.state).toBe("stk_requested");
    const later = decide(soon, queried("11"), sampleTime + 46 * minute);
    expect(later?.next).toMatchObject({ state: "expired", reason: "mpesa_11" });
  });

  test("proves nothing if the callback has another code, or claims success", () => {
    const other = next(decide(accepted, calledBack("1032"), sampleTime + minute));
    expect(next(decide(other, queried("11"), sampleTime + 50 * minute)).state).toBe(
      "stk_requested",
    );
    const paid: Fact = {
      type: "prompt_called_back",
      callback: { ...callback("0"), succeeded: true },
    };
    const claimed = next(decide(accepted, paid, sampleTime + minute));
    expect(next(decide(claimed, queried("11"), sampleTime + 50 * minute)).state).toBe(
      "stk_requested",
    );
  });
});
