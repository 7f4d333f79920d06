import { fiat } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Answer, Fact, PayoutResult, StatusResult } from "./facts.ts";
import { isProven, neverLeft, newPayout, stepPayout } from "./payout.ts";
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

type Story = { payout: Payout; now: number; effects: string[]; cases: string[] };

/** Lets facts happen to a payout, one after the other; a number is time that passes before it is woken. */
function tell(...happenings: readonly (Fact | number)[]): Story {
  const story: Story = {
    payout: newPayout("OC", msisdn, amount),
    now: start,
    effects: [],
    cases: [],
  };
  for (const happening of happenings) {
    if (typeof happening === "number") story.now += happening;
    const fact = typeof happening === "number" ? woken : happening;
    const step = stepPayout(story.payout, fact, story.now);
    if (step === null) continue;
    story.payout = step.payout;
    story.effects.push(...step.effects.map(({ type }) => type));
    story.cases.push(...step.cases.map(({ code }) => code));
  }
  return story;
}

describe("a payout is proven", () => {
  test("paid by a result that names the conversation of M-Pesa's own answer", () => {
    const { payout } = tell(woken, accepted("AG_1"), result("AG_1"));
    expect(payout).toMatchObject({ status: "confirmed", receipt: "UKN0000001" });
  });

  test("paid by a result that was quicker than that answer", () => {
    expect(tell(woken, result("AG_1")).payout.status).toBe("sending");
    expect(tell(woken, result("AG_1"), accepted("AG_1")).payout.status).toBe("confirmed");
  });

  test("not paid by a result that says so, when it was sent once", () => {
    const no = result("AG_1", { status: "failed", code: "2040" });
    expect(tell(woken, accepted("AG_1"), no).payout).toMatchObject({
      status: "failed",
      failureCode: "2040",
    });
  });

  test("not paid by a refusal of the first and only send", () => {
    expect(tell(woken, refused("never", "400.002.02")).payout.status).toBe("failed");
  });

  test("by the answer to a status query of ours", () => {
    const lost = [woken, accepted("AG_1"), orderTimes.payoutResultWaitMs, asked("AG_2")] as const;
    expect(tell(...lost, status("AG_2", "succeeded")).payout.status).toBe("confirmed");
    expect(tell(...lost, status("AG_2", "failed")).payout.status).toBe("failed");
    // Here too the answer may be quicker.
    const early = [
      woken,
      accepted("AG_1"),
      orderTimes.payoutResultWaitMs,
      status("AG_2", "succeeded"),
    ] as const;
    expect(tell(...early).payout.status).toBe("unknown");
    expect(tell(...early, asked("AG_2")).payout.status).toBe("confirmed");
  });
});

describe("a payout is not proven", () => {
  test.each([
    ["a time-out", refused("unknown")],
    ["a duplicate", refused("unknown", "payout_duplicate")],
    ["a queue time-out", { type: "payout_timed_out" } as const],
    ["a result for a conversation that nobody knows", result("AG_forged")],
    ["a result without a conversation", result(null)],
    ["a failure for a conversation that nobody knows", result("AG_forged", { status: "failed" })],
    ["a status that nobody asked for", status("AG_forged", "failed")],
  ])("by %s", (_name, fact) => {
    expect(isProven(tell(woken, fact).payout)).toBe(false);
    expect(isProven(tell(woken, accepted("AG_1"), fact).payout)).toBe(false);
  });

  test("by a refusal, a failure or a “not found” while an earlier send may have arrived", () => {
    const unsure = [woken, refused("unknown"), orderTimes.payoutResendMs] as const;
    expect(tell(...unsure, refused("never")).payout.status).toBe("unknown");
    const secondFailed = tell(
      ...unsure,
      accepted("AG_2"),
      result("AG_2", { status: "failed", code: "1" }),
    );
    expect(secondFailed.payout.status).toBe("unknown");
    expect(secondFailed.effects.at(-1)).toBe("query_payout");
    const missing = tell(
      ...unsure,
      accepted("AG_2"),
      orderTimes.payoutResultWaitMs,
      asked("AG_3"),
      status("AG_3", "not_found"),
    );
    expect(missing.payout.status).toBe("unknown");
  });

  test("by a result of another amount or to another number: a person has to look", () => {
    for (const wrong of [{ amountKesCents: fiat("KES", 1n) }, { msisdn: "254799999999" }]) {
      const { payout, cases } = tell(woken, accepted("AG_1"), result("AG_1", wrong));
      expect(payout.status).toBe("unknown");
      expect(cases).toEqual(["payout_mismatch"]);
    }
  });
});

describe("what is not known is found out", () => {
  test("by sending the same id again, and by asking when M-Pesa knows it", () => {
    const { effects } = tell(
      woken,
      refused("unknown"),
      orderTimes.payoutResendMs,
      refused("unknown", "payout_duplicate"),
      orderTimes.payoutResultWaitMs,
    );
    expect(effects).toEqual(["send_payout", "send_payout", "query_payout", "query_payout"]);
  });

  test("after a crash in the middle of a send: as if it had not been answered", () => {
    const { payout, effects } = tell(woken, orderTimes.callTimeoutMs);
    expect(payout.perhapsSent).toBe(true);
    expect(effects).toEqual(["send_payout", "send_payout"]);
  });

  test("by asking alone, where sending is not allowed any more", () => {
    const { payout, now } = tell(woken, refused("unknown"), orderTimes.payoutResendMs - 1);
    const step = stepPayout(payout, woken, now + 1, "ask");
    expect(step?.effects).toEqual([{ type: "query_payout" }]);
    expect(stepPayout(newPayout("OC", msisdn, amount), woken, start, "ask")).toBeNull();
  });

  test("and what the gateway refuses again and again was never sent", () => {
    const again = Array.from({ length: 20 }, () => [
      orderTimes.payoutPollMaxMs,
      refused("safe", "500.003.02"),
    ]).flat();
    expect(tell(...again).payout).toMatchObject({ status: "failed", failureCode: "500.003.02" });
  });
});

test("what is proven stays, whatever is said later; what contradicts it is for a person", () => {
  const no = result("AG_1", { status: "failed", code: "1" });
  expect(tell(woken, accepted("AG_1"), result("AG_1"), no)).toMatchObject({
    payout: { status: "confirmed" },
    cases: ["payout_contradiction"],
  });
  expect(tell(woken, accepted("AG_1"), no, result("AG_1"))).toMatchObject({
    payout: { status: "failed" },
    cases: ["payout_contradiction"],
  });
});

test("whatever happens in whatever order: one id, no send after a proof, nothing unproven counted as failed", () => {
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
      for (const happening of groups.flat()) {
        if (typeof happening === "number") now += happening;
        const step = stepPayout(payout, typeof happening === "number" ? woken : happening, now);
        if (step === null) continue;
        expect(step.payout.originatorConversationId).toBe("OC");
        const sends = step.effects.some(({ type }) => type === "send_payout");
        if (isProven(payout))
          expect({ sends, status: step.payout.status }).toEqual({
            sends: false,
            status: payout.status,
          });
        if (step.payout.status === "failed" && !isProven(payout))
          expect(neverLeft({ ...payout, status: "intended" })).toBe(true);
        payout = step.payout;
      }
    }),
    { numRuns: 2_000 },
  );
});
