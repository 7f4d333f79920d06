import { fiat, msat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { emptyCaseFile } from "./case-file.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import type { Answer, Fact, LightningReport, PayoutResult } from "./facts.ts";
import { judgeLate, lateEffect } from "./late.ts";
import type { BuyOrder, LightningAttempt, SellOrder, SellState } from "./order.ts";
import type { Payout } from "./payout.ts";
import { holdBlocks, orderTimes } from "./policy.ts";
import { sampleBuy, sampleSell, sampleTime } from "./samples.ts";
import { wakeHeightOf } from "./sell/deadline.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const ids = { orderId: "order", quoteId: "quote", walletId: "wallet", tag: "1" };
const deadlineAt = sampleTime + 24 * hour;
const claimDeadlineHeight = 1_000;

const attempt: LightningAttempt = { ...sampleBuy(ids).lightning, polls: 1 };
const paying: BuyOrder = {
  ...sampleBuy(ids),
  state: "paying",
  credit: "undelivered",
  lightning: attempt,
  deadlineAt,
  wakeAt: deadlineAt,
};
const repaying: SellOrder = {
  ...sellIn("refunding", { status: "failed" }),
  lightning: attempt,
};

function sellIn(state: SellState, payout: Partial<Payout> = {}, tipHeight = 860): SellOrder {
  const order = sampleSell(ids);
  return {
    ...order,
    state,
    deadlineAt,
    wakeAt: deadlineAt,
    lookAt: deadlineAt,
    floatReserved: true,
    held: {
      invoice: "lnbcrt1held",
      paymentHash: "held",
      invoiceExpiresAt: sampleTime + 2 * minute,
      receivedMsat: order.terms.amountMsat,
      claimDeadlineHeight,
      tipHeight,
      seenAt: sampleTime,
    },
    payout: { ...order.payout, ...payout },
  };
}

function report(
  state: LightningReport["state"],
  more: Partial<LightningReport> = {},
): LightningReport {
  return {
    paymentHash: "held",
    direction: "inbound",
    state,
    receivedMsat: sampleSell(ids).terms.amountMsat,
    feeMsat: msat(1_000n),
    failure: null,
    claimDeadlineHeight,
    tipHeight: 860,
    ...more,
  };
}
const told = (answer: Answer<LightningReport | null>): Fact => ({
  type: "lightning_reported",
  answer,
});
const reported = (...args: Parameters<typeof report>): Fact =>
  told({ ok: true, value: report(...args) });
const outbound = { direction: "outbound", paymentHash: attempt.paymentHash } as const;
const unknownToNode = told({ ok: true, value: null });
const refused = (code: string): Fact => told({ ok: false, code, retry: "never" });
const effects = (decision: Decision | null) => decision?.effects.map(({ type }) => type) ?? [];
/** The kinds of the journals, without the numbers of those that an order can have several times. */
const kinds = (decision: Decision | null) =>
  decision?.postings.map(({ kind }) => kind.replace(/:.*$/, "")) ?? [];
const codes = (decision: Decision | null) => decision?.cases.map(({ code }) => code) ?? [];

/** Refusals that a node whose release or certificates are being replaced gives to a call that it accepted before. */
const rolloutCodes = [
  "grpc_unauthenticated",
  "grpc_permission_denied",
  "grpc_unimplemented",
  "idempotency_conflict",
  "invoice_expired",
];

describe("1: a refusal of a repeated call to the node", () => {
  test.each(rolloutCodes)("with %s proves nothing about a buy's payment", (code) => {
    const order = { ...paying, lightning: { ...attempt, polls: 2 } };
    const decision = decide(order, refused(code), sampleTime + minute);
    expect(decision?.next.state).toBe("paying");
    expect(decision?.postings).toEqual([]);
  });

  test.each(rolloutCodes)("with %s proves nothing about the return of owed sats", (code) => {
    const order = { ...repaying, lightning: { ...attempt, polls: 2 } };
    expect(decide(order, refused(code), sampleTime + minute)?.next.state).toBe("refunding");
  });

  test("1: proves it once the node does not know the payment and the invoice has long expired", () => {
    const order = { ...paying, lightning: { ...attempt, polls: 2 } };
    const expired = attempt.invoiceExpiresAt + orderTimes.unknownPaymentMs;
    expect(decide(order, unknownToNode, expired - 1)?.next.state).toBe("paying");
    expect(decide(order, unknownToNode, expired)?.next.state).toBe("invoice_needed");
  });
});

describe("2: the first call to the node", () => {
  test("that is refused proves that nothing was sent", () => {
    expect(decide(paying, refused("grpc_unimplemented"), sampleTime)?.next.state).toBe(
      "invoice_needed",
    );
    expect(decide(repaying, refused("grpc_unimplemented"), sampleTime)?.next.state).toBe("owed");
  });

  test("2: that is cut off proves nothing", () => {
    const cut = told({ ok: false, code: "grpc_unavailable", retry: "unknown" });
    expect(decide(paying, cut, sampleTime)?.next.state).toBe("paying");
  });
});

describe("a node that is restored to an older state", () => {
  const known = { direction: "outbound", paymentHash: attempt.paymentHash } as const;
  const expired = attempt.invoiceExpiresAt + orderTimes.unknownPaymentMs;

  test("21: is not told to pay again what it had reported, and a person decides when it has forgotten it", () => {
    const first = decide(paying, reported("pending", known), sampleTime)?.next as BuyOrder;
    const asked = decide(first, { type: "woken" }, first.wakeAt ?? 0);
    expect(asked?.effects).toEqual([{ type: "query_payment", paymentHash: attempt.paymentHash }]);
    const waiting = decide(first, unknownToNode, expired - 1);
    expect(waiting?.next.state).toBe("paying");
    const forgotten = decide(first, unknownToNode, expired);
    expect(forgotten?.next).toMatchObject({ state: "case", reason: "payment_forgotten" });
    expect(codes(forgotten)).toEqual(["payment_forgotten"]);
    expect(kinds(forgotten)).toEqual([]);
    // the payment had been made: the sats are booked once, and nothing was sent a second time
    const done = decide(forgotten?.next as BuyOrder, reported("succeeded", known), expired);
    expect(kinds(done)).toEqual(["sats_sent_in_excess"]);
    expect(effects(done)).toEqual([]);
  });

  test("21: is asked, and not told, about sats that are returned to a seller", () => {
    const first = decide(repaying, reported("pending", known), sampleTime)?.next as SellOrder;
    const asked = decide(first, { type: "woken" }, first.wakeAt ?? 0);
    expect(effects(asked)).toEqual(["query_payment"]);
    expect(decide(first, unknownToNode, expired)?.next.state).toBe("refunding");
  });

  test("21: says nothing about a payment for another invoice", () => {
    const earlier: BuyOrder = { ...paying, lightning: { ...attempt, reportedHash: "earlier" } };
    expect(effects(decide(earlier, { type: "woken" }, deadlineAt))).toEqual(["pay_invoice"]);
    expect(decide(earlier, unknownToNode, expired)?.next.state).toBe("invoice_needed");
  });
});

describe("19: a payment whose channel is closed by force", () => {
  test("19: is waited for while the node reports it in flight, however long, and no shilling is refunded", () => {
    let order = paying;
    for (let day = 1; day <= 10; day++) {
      const inFlight = reported("pending", {
        direction: "outbound",
        paymentHash: attempt.paymentHash,
      });
      const decision = decide(order, inFlight, sampleTime + day * 24 * hour);
      expect(decision?.next.state).toBe("paying");
      expect(kinds(decision)).toEqual([]);
      order = decision?.next as BuyOrder;
    }
    expect(decide(order, { type: "holder_cancelled" }, sampleTime + 240 * hour)).toBeNull();
  });
});

describe("1: a payment that succeeds late", () => {
  const refunding = (payout: Partial<Payout>): BuyOrder => ({
    ...paying,
    state: "refunding",
    caseFile: {
      ...emptyCaseFile,
      refund: {
        number: 1,
        amountKesCents: paying.terms.amountKesCents,
        from: "buys_undelivered",
        status: "open",
        reason: null,
        reversal: null,
        payout: { ...sampleBuy(ids).payout, ...payout },
        feeKesCents: fiat("KES", 500n),
        reserved: true,
      },
    },
  });

  test("delivers a buy whose refund was not sent", () => {
    const decision = decide(refunding({}), reported("succeeded", outbound), sampleTime);
    expect(decision?.next.state).toBe("paid");
    expect(kinds(decision)).toEqual(["refund_released", "sats_delivered"]);
    expect(codes(decision)).toEqual(["payment_contradiction"]);
  });

  test("is booked once and opens a case while the refund is under way", () => {
    const order = refunding({ status: "accepted", sends: 1, arrived: true });
    const decision = decide(order, reported("succeeded", outbound), sampleTime);
    expect(decision?.next.state).toBe("refunding");
    expect(kinds(decision)).toEqual(["sats_sent_in_excess"]);
    expect(codes(decision)).toEqual(["delivered_and_refunded"]);
    const again = decide(decision?.next as BuyOrder, reported("succeeded", outbound), sampleTime);
    expect(again).toBeNull();
  });

  test.each(["refunded", "cancelled", "expired"] as const)(
    "is booked and opens a case after a buy was %s",
    (state) => {
      const order: BuyOrder = { ...paying, state, deadlineAt: null, wakeAt: null };
      const fact = reported("succeeded", outbound);
      const { decision, settled } = judgeLate(order, fact, null, sampleTime, sampleTime);
      expect(settled).toBe(true);
      expect(kinds(decision)).toEqual(["sats_sent_in_excess"]);
      expect(codes(decision)).toHaveLength(1);
    },
  );

  test("that paid the buy is not late when its event is repeated", () => {
    const order: BuyOrder = { ...paying, state: "paid", deadlineAt: null, wakeAt: null };
    const fact = reported("succeeded", outbound);
    expect(codes(judgeLate(order, fact, null, sampleTime, sampleTime).decision)).toEqual([]);
  });

  test("ends a sell whose sats were still owed", () => {
    const order: SellOrder = { ...repaying, state: "owed" };
    const decision = decide(order, reported("succeeded", outbound), sampleTime);
    expect(decision?.next.state).toBe("refunded");
    expect(kinds(decision)).toEqual(["owed_repaid"]);
    expect(codes(decision)).toEqual(["payment_contradiction"]);
  });
});

describe("16: a held payment that the node does not know any more", () => {
  const { unknownHeldPaymentMs, goneHeldPaymentMs } = orderTimes;

  test.each(["held", "payout_requested", "returning"] as const)(
    "ends a sell in %s, releases its float and opens a case",
    (state) => {
      const first = decide(sellIn(state), unknownToNode, sampleTime)?.next as SellOrder;
      expect(first.state).toBe(state);
      const soon = decide(first, unknownToNode, sampleTime + unknownHeldPaymentMs - 1);
      expect(soon?.next.state).toBe(state);
      const ended = decide(first, unknownToNode, sampleTime + unknownHeldPaymentMs);
      expect(ended?.next).toMatchObject({ state: "cancelled", reason: "payment_unknown" });
      expect(kinds(ended)).toEqual(["payout_released"]);
      expect(codes(ended)).toEqual(["payment_unknown"]);
    },
  );

  test("is waited for if the node knows it again", () => {
    const first = decide(sellIn("held"), unknownToNode, sampleTime)?.next as SellOrder;
    const known = decide(first, reported("held"), sampleTime + minute)?.next as SellOrder;
    const later = decide(known, unknownToNode, sampleTime + unknownHeldPaymentMs + minute);
    expect(later?.next.state).toBe("held");
  });

  test("opens a case at once and ends in one a day later if the payout was sent", () => {
    const sent = sellIn("payout_unknown", { status: "unknown", sends: 1, perhapsSent: true });
    const first = decide(sent, unknownToNode, sampleTime)?.next as SellOrder;
    const noted = decide(first, unknownToNode, sampleTime + unknownHeldPaymentMs);
    expect(noted?.next.state).toBe("payout_unknown");
    expect(codes(noted)).toEqual(["payment_unknown"]);
    const gone = decide(first, unknownToNode, sampleTime + goneHeldPaymentMs);
    expect(gone?.next).toMatchObject({ state: "case", reason: "payment_gone_before_proof" });
  });
});

describe("16: a payout is sent on the node's word of the last ten seconds", () => {
  const due = { dueAt: sampleTime };

  test("16: and not on an older one: the node is asked first", () => {
    const order = sellIn("held", due);
    expect(effects(decide(order, { type: "woken" }, sampleTime + 10 * second))).toEqual([
      "send_payout",
    ]);
    expect(effects(decide(order, { type: "woken" }, sampleTime + 10 * second + 1))).toEqual([
      "query_payment",
    ]);
  });

  test("and not on an event, which may be hours old", () => {
    const open = { ...sellIn("invoice_open"), payBy: sampleTime + minute };
    const event: Fact = {
      type: "lightning_reported",
      answer: { ok: true, value: report("held") },
      fromStream: true,
    };
    const held = decide(open, event, sampleTime)?.next as SellOrder;
    expect(held.state).toBe("held");
    expect(effects(decide(held, { type: "woken" }, sampleTime))).toEqual(["query_payment"]);
  });
});

describe("15: a payout that is unknown when the claim deadline is near", () => {
  const claimHeight = claimDeadlineHeight - holdBlocks.protectiveClaim;
  const unknown: Partial<Payout> = {
    status: "unknown",
    sends: 1,
    perhapsSent: true,
    dueAt: deadlineAt,
  };

  test("15: is woken by the block, not by the time", () => {
    const order = sellIn("payout_unknown", unknown);
    expect(wakeHeightOf(order)).toBe(claimHeight);
    expect(
      decide(order, { type: "block_arrived", height: claimHeight - 1 }, sampleTime),
    ).toBeNull();
    const woken = decide(order, { type: "block_arrived", height: claimHeight }, sampleTime);
    expect(effects(woken)).toEqual(["query_payment"]);
    // The same second: blocks were found fast.
    const answered = reported("held", { tipHeight: claimHeight });
    const decision = decide(woken?.next as SellOrder, answered, sampleTime);
    expect(decision?.next.state).toBe("protective_claim");
    expect(effects(decision)).toEqual(["claim_payment"]);
  });

  test("does not wait for a block in any other state", () => {
    for (const state of ["invoice_open", "held", "protective_claim", "owed", "case"] as const) {
      expect(wakeHeightOf(sellIn(state, unknown))).toBeNull();
    }
  });
});

describe("17: a claim that is not answered", () => {
  const confirmed: Partial<Payout> = { status: "confirmed", sends: 1, conversationIds: ["AG_1"] };
  const cut = told({ ok: false, code: "grpc_deadline_exceeded", retry: "unknown" });

  test("17: is repeated until the node reports it", () => {
    const asked = decide(sellIn("payout_confirmed", confirmed), cut, sampleTime)?.next as SellOrder;
    expect(asked.state).toBe("payout_confirmed");
    const again = decide(asked, { type: "woken" }, asked.wakeAt ?? 0);
    expect(effects(again)).toEqual(["claim_payment"]);
    const done = decide(asked, reported("succeeded"), sampleTime + minute);
    expect(done?.next.state).toBe("claimed");
    expect(kinds(done)).toEqual(["sats_claimed"]);
  });

  test.each(rolloutCodes)("or is refused with %s is repeated too", (code) => {
    const decision = decide(sellIn("payout_confirmed", confirmed), refused(code), sampleTime);
    expect(decision?.next.state).toBe("payout_confirmed");
    expect(kinds(decision)).toEqual([]);
  });

  test.each(rolloutCodes)(
    "nor is a payment taken as failed back when that is refused with %s",
    (code) => {
      const decision = decide(sellIn("returning"), refused(code), sampleTime);
      expect(decision?.next.state).toBe("returning");
      expect(kinds(decision)).toEqual([]);
    },
  );
});

describe("18: a claimed payment whose channel is closed first", () => {
  const confirmed: Partial<Payout> = { status: "confirmed", sends: 1 };

  test("18: is not booked before the node has it, and the loss opens a case", () => {
    const order = sellIn("payout_confirmed", confirmed);
    const claiming = decide(order, reported("claiming"), sampleTime);
    expect(claiming?.next.state).toBe("payout_confirmed");
    expect(kinds(claiming)).toEqual([]);
    const lost = decide(order, reported("returned"), sampleTime);
    expect(lost?.next).toMatchObject({ state: "case", reason: "payment_gone_after_payout" });
    expect(kinds(lost)).toEqual([]);
  });
});

describe("34: M-Pesa claims success after it refused our call", () => {
  const id = sampleSell(ids).payout.originatorConversationId;
  const success: PayoutResult = {
    conversationId: "AG_9",
    originatorConversationId: id,
    status: "succeeded",
    code: "0",
    amountKesCents: null,
    receipt: "SKN0000009",
    msisdn: null,
  };
  const fact: Fact = { type: "payout_resulted", result: success };
  const failed: Partial<Payout> = { status: "failed", sends: 1, failureCode: "400.002.02" };
  const proven: Fact = {
    type: "status_resulted",
    result: { ...success, conversationId: "AG_status" },
  };

  test("34: and is asked before the payment is failed back", () => {
    const asked = decide(sellIn("returning", failed), fact, sampleTime);
    expect(effects(asked)).toEqual(["query_payout"]);
    const answered: Fact = {
      type: "status_answered",
      answer: { ok: true, value: { conversationId: "AG_status" } },
    };
    const named = decide(asked?.next as SellOrder, answered, sampleTime)?.next as SellOrder;
    const decision = decide(named, proven, sampleTime);
    expect(decision?.next).toMatchObject({ state: "case", reason: "payout_contradiction" });
  });

  test("and is asked after the order has ended, which opens a case once it is proven", () => {
    const order = { ...sellIn("cancelled", failed), deadlineAt: null, wakeAt: null };
    expect(lateEffect(order, fact)).toEqual({ type: "query_payout" });
    const answered: Fact = {
      type: "status_answered",
      answer: { ok: true, value: { conversationId: "AG_status" } },
    };
    const { decision } = judgeLate(order, fact, answered, sampleTime, sampleTime);
    expect(codes(decision)).toEqual([]);
    const after = judgeLate(decision.next, proven, null, sampleTime, sampleTime).decision;
    expect(codes(after)).toEqual(["late_contradiction"]);
    // Without our own query, the same result proves nothing.
    expect(codes(judgeLate(order, proven, null, sampleTime, sampleTime).decision)).toEqual([]);
  });

  test("and the claim is kept until M-Pesa can be asked", () => {
    const order = { ...sellIn("cancelled", failed), deadlineAt: null, wakeAt: null };
    const away: Fact = {
      type: "status_answered",
      answer: { ok: false, code: "timeout", retry: "unknown" },
    };
    expect(judgeLate(order, fact, away, sampleTime, sampleTime + hour).settled).toBe(false);
  });
});
