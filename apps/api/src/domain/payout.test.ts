import { fiat } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Answer, Fact, PayoutResult, StatusResult } from "./facts.ts";
import { isProven, neverSent, newPayout, stepPayout } from "./payout.ts";
import type { Payout } from "./payout.ts";
import { orderTimes } from "./policy.ts";

const start = Date.UTC(2026, 10, 23, 9);
const amount = fiat("KES", 30_000n);
const msisdn = "254712345678";

const woken: Fact = { type: "woken" };
const accepted = (conversationId: string): Fact => ({
  type: "payout_answered",
  answer: { ok: true, value: { conversationId } },
});
const refused = (retry: "never" | "safe" | "unknown", code = "x"): Fact => ({
  type: "payout_answered",
  answer: { ok: false, code, retry },
});
const result = (conversationId: string | null, more: Partial<PayoutResult> = {}): Fact => ({
  type: "payout_resulted",
  result: {
    conversationId,
    originatorConversationId: null,
    status: "succeeded",
    code: "0",
    amountKesCents: amount,
    receipt: "UKN0000001",
    msisdn,
    ...more,
  },
});
const asked = (conversationId: string): Fact => ({
  type: "status_answered",
  answer: { ok: true, value: { conversationId } } satisfies Answer<{ conversationId: string }>,
});
const status = (conversationId: string | null, said: StatusResult["status"]): Fact => ({
  type: "status_resulted",
  result: {
    conversationId,
    status: said,
    code: said,
    amountKesCents: null,
    receipt: null,
    msisdn: null,
  },
});

type History = { payout: Payout; now: number; effects: string[]; cases: string[] };

/** Applies facts to a payout in order. A number is milliseconds that pass before it is woken. */
function play(...steps: readonly (Fact | number)[]): History {
  const history: History = {
    payout: newPayout("OC", msisdn, amount),
    now: start,
    effects: [],
    cases: [],
  };
  for (const event of steps) {
    if (typeof event === "number") history.now += event;
    const fact = typeof event === "number" ? woken : event;
    const step = stepPayout(history.payout, fact, history.now);
    if (step === null) continue;
    history.payout = step.payout;
    history.effects.push(...step.effects.map(({ type }) => type));
    history.cases.push(...step.cases.map(({ code }) => code));
  }
  return history;
}

describe("a payout is proven", () => {
  test("paid by a result that names the conversation id of M-Pesa's answer", () => {
    const { payout } = play(woken, accepted("AG_1"), result("AG_1"));
    expect(payout).toMatchObject({ status: "confirmed", receipt: "UKN0000001" });
  });

  test("paid by a result that arrives before that answer", () => {
    expect(play(woken, result("AG_1")).payout.status).toBe("sending");
    expect(play(woken, result("AG_1"), accepted("AG_1")).payout.status).toBe("confirmed");
  });

  test("not paid by a failure result, if it was sent once", () => {
    const no = result("AG_1", { status: "failed", code: "2040" });
    expect(play(woken, accepted("AG_1"), no).payout).toMatchObject({
      status: "failed",
      failureCode: "2040",
    });
  });

  test("not paid by a refusal of its only send", () => {
    expect(play(woken, refused("never", "400.002.02")).payout.status).toBe("failed");
  });

  test("by the result of our own status query", () => {
    const lost = [woken, accepted("AG_1"), orderTimes.payoutResultWaitMs, asked("AG_2")] as const;
    expect(play(...lost, status("AG_2", "succeeded")).payout.status).toBe("confirmed");
    expect(play(...lost, status("AG_2", "failed")).payout.status).toBe("failed");
    // The result may arrive before the answer to the query here too.
    const early = [
      woken,
      accepted("AG_1"),
      orderTimes.payoutResultWaitMs,
      status("AG_2", "succeeded"),
    ] as const;
    expect(play(...early).payout.status).toBe("unknown");
    expect(play(...early, asked("AG_2")).payout.status).toBe("confirmed");
  });
});

describe("a payout is not proven", () => {
  test.each([
    ["a timeout", refused("unknown")],
    ["a duplicate", refused("unknown", "payout_duplicate")],
    ["a queue timeout", { type: "payout_timed_out" } as const],
    ["a result for an unknown conversation", result("AG_forged")],
    ["a result without a conversation", result(null)],
    ["a failure for an unknown conversation", result("AG_forged", { status: "failed" })],
    ["a status that was not queried", status("AG_forged", "failed")],
  ])("by %s", (_name, fact) => {
    expect(isProven(play(woken, fact).payout)).toBe(false);
    expect(isProven(play(woken, accepted("AG_1"), fact).payout)).toBe(false);
  });

  test("by a refusal, a failure or “not found” while an earlier send may have arrived", () => {
    const unsure = [woken, refused("unknown"), orderTimes.payoutResendMs] as const;
    expect(play(...unsure, refused("never")).payout.status).toBe("unknown");
    const secondFailed = play(
      ...unsure,
      accepted("AG_2"),
      result("AG_2", { status: "failed", code: "1" }),
    );
    expect(secondFailed.payout.status).toBe("unknown");
    expect(secondFailed.effects.at(-1)).toBe("query_payout");
    const missing = play(
      ...unsure,
      accepted("AG_2"),
      orderTimes.payoutResultWaitMs,
      asked("AG_3"),
      status("AG_3", "not_found"),
    );
    expect(missing.payout.status).toBe("unknown");
  });

  test("by a result with another amount or number, which opens a case", () => {
    for (const wrong of [{ amountKesCents: fiat("KES", 1n) }, { msisdn: "254799999999" }]) {
      const { payout, cases } = play(woken, accepted("AG_1"), result("AG_1", wrong));
      expect(payout.status).toBe("unknown");
      expect(cases).toEqual(["payout_mismatch"]);
    }
  });
});

describe("37: a call of the queue timeout URL", () => {
  test("37: proves only that M-Pesa has the request: its status is queried, and it is not sent again", () => {
    const { payout, effects } = play(
      woken,
      refused("unknown"),
      { type: "payout_timed_out" } as const,
      orderTimes.payoutResultWaitMs,
    );
    expect(payout.status).toBe("unknown");
    expect(payout.arrived).toBe(true);
    expect(effects).toEqual(["send_payout", "query_payout", "query_payout"]);
  });
});

describe("36: an unknown payout is resolved", () => {
  test("36: by resending the same id, and by status queries once M-Pesa knows the id", () => {
    const { effects } = play(
      woken,
      refused("unknown"),
      orderTimes.payoutResendMs,
      refused("unknown", "payout_duplicate"),
      orderTimes.payoutResultWaitMs,
    );
    expect(effects).toEqual(["send_payout", "send_payout", "query_payout", "query_payout"]);
  });

  test("after a crash during a send, as if the send had not been answered", () => {
    const { payout, effects } = play(woken, orderTimes.callTimeoutMs);
    expect(payout.perhapsSent).toBe(true);
    expect(effects).toEqual(["send_payout", "send_payout"]);
  });

  test("by status queries alone when sending is not allowed any more", () => {
    const { payout, now } = play(woken, refused("unknown"), orderTimes.payoutResendMs - 1);
    const step = stepPayout(payout, woken, now + 1, "query_only");
    expect(step?.effects).toEqual([{ type: "query_payout" }]);
    expect(stepPayout(newPayout("OC", msisdn, amount), woken, start, "query_only")).toBeNull();
  });

  test("as failed when the gateway refuses every send", () => {
    const again = Array.from({ length: 20 }, () => [
      orderTimes.payoutPollMaxMs,
      refused("safe", "500.003.02"),
    ]).flat();
    expect(play(...again).payout).toMatchObject({ status: "failed", failureCode: "500.003.02" });
  });
});

test("a proven payout never changes, and a contradiction opens a case", () => {
  const no = result("AG_1", { status: "failed", code: "1" });
  expect(play(woken, accepted("AG_1"), result("AG_1"), no)).toMatchObject({
    payout: { status: "confirmed" },
    cases: ["payout_contradiction"],
  });
  expect(play(woken, accepted("AG_1"), no, result("AG_1"))).toMatchObject({
    payout: { status: "failed" },
    cases: ["payout_contradiction"],
  });
});

test("any sequence of facts keeps one id, never sends after a proof and never fails an unproven payout", () => {
  const facts = fc.constantFrom<(Fact | number)[]>(
    [woken],
    [orderTimes.callTimeoutMs],
    [orderTimes.payoutPollMaxMs],
    [accepted("AG_1")],
    [refused("unknown")],
    [refused("safe")],
    [refused("unknown", "payout_duplicate")],
    [result("AG_1")],
    [result("AG_9", { status: "failed" })],
    [{ type: "payout_timed_out" }],
    [asked("AG_2")],
    [status("AG_2", "pending")],
    [status("AG_2", "not_found")],
    [status("AG_9", "failed")],
  );
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 40 }), (groups) => {
      let payout = newPayout("OC", msisdn, amount);
      let now = start;
      for (const event of groups.flat()) {
        if (typeof event === "number") now += event;
        const step = stepPayout(payout, typeof event === "number" ? woken : event, now);
        if (step === null) continue;
        expect(step.payout.originatorConversationId).toBe("OC");
        const sends = step.effects.some(({ type }) => type === "send_payout");
        if (isProven(payout))
          expect({ sends, status: step.payout.status }).toEqual({
            sends: false,
            status: payout.status,
          });
        if (step.payout.status === "failed" && !isProven(payout))
          expect(neverSent({ ...payout, status: "intended" })).toBe(true);
        payout = step.payout;
      }
    }),
    { numRuns: 2_000 },
  );
});
