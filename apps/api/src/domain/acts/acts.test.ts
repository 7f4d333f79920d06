import { fiat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { emptyCaseFile } from "../case-file.ts";
import type { CaseFile, ReceivedPayment, Refund } from "../case-file.ts";
import { decide } from "../decide.ts";
import { buyStates, isFinal, sellStates } from "../order.ts";
import type { BuyOrder, Order, OrderState, SellOrder } from "../order.ts";
import { newPayout } from "../payout.ts";
import type { Payout } from "../payout.ts";
import { findImbalance } from "../postings.ts";
import type { Posting } from "../postings.ts";
import { newReversal } from "../reversal.ts";
import { sampleBuy, sampleSell, sampleTime } from "../samples.ts";
import { actTypes } from "./act.ts";
import type { ActContext, OperatorAct } from "./act.ts";
import { judgeAct, possibleActs, previewAct } from "./judge.ts";

const names = { orderId: "order", quoteId: "quote", walletId: "wallet", tag: "1" };
const now = sampleTime + 1_000;
const deadlineAt = sampleTime + 86_400_000;
const price = sampleBuy(names).terms.amountKesCents;
const receipt = "SKN0000001";
const context: ActContext = { by: "amina", payoutId: "OCnew", invoice: null };
const fresh: ActContext = {
  ...context,
  invoice: { invoice: "lnbcrt1fresh", paymentHash: "fresh", invoiceExpiresAt: deadlineAt },
};

const payment: ReceivedPayment = {
  checkoutRequestId: "ws_CO_1",
  receipt,
  msisdn: null,
  amountKesCents: price,
  reversal: "none",
};
const suspended: CaseFile = { ...emptyCaseFile, payments: [payment], suspenseKesCents: price };
const refund: Refund = {
  number: 1,
  reason: null,
  amountKesCents: price,
  from: "kes_suspense",
  status: "open",
  reversal: null,
  payout: newPayout("OC1", "254712345678", price),
  feeKesCents: fiat("KES", 500n),
  reserved: true,
};
const sentPayout: Payout = { ...refund.payout, status: "unknown", sends: 1, perhapsSent: true };
const reversing = { ...newReversal(receipt, price, 0), sends: 1, perhapsSent: true };

const files: Readonly<Record<string, CaseFile>> = {
  empty: emptyCaseFile,
  suspended,
  "without a receipt": { ...suspended, payments: [{ ...payment, receipt: null }] },
  "twice paid": { ...suspended, payments: [payment, { ...payment, receipt: "SKN0000002" }] },
  reversing: {
    ...suspended,
    refund: { ...refund, reserved: false, reversal: { ...reversing, status: "unknown" } },
  },
  // Of a sell: its own payout turned out not to have been made.
  "paying back": {
    ...suspended,
    refund: { ...refund, payout: sentPayout },
    latePayouts: [
      {
        id: "OC1",
        amountKesCents: price,
        account: "mpesa_available",
        feeKesCents: fiat("KES", 500n),
        claim: "unmade",
        receipt: null,
        booked: true,
      },
    ],
  },
  "refund refused": {
    ...suspended,
    refund: { ...refund, status: "failed", reserved: false },
    earlierPayouts: [sentPayout],
  },
  "sent after all": { ...suspended, excessMsat: sampleBuy(names).terms.amountMsat },
  "sent after all, nothing set aside": {
    ...emptyCaseFile,
    excessMsat: sampleBuy(names).terms.amountMsat,
  },
  "claimed after all": { ...emptyCaseFile, owedMsat: sampleBuy(names).terms.amountMsat },
  "refunded after all": {
    ...suspended,
    latePayouts: [
      {
        id: "OC1",
        amountKesCents: price,
        account: "mpesa_available",
        feeKesCents: fiat("KES", 500n),
        claim: "made",
        receipt: "SKN0000003",
        booked: false,
      },
    ],
  },
  "taken back": { ...emptyCaseFile, payments: [payment], reversedKesCents: price },
};

const payouts: readonly Partial<Payout>[] = [
  {},
  { ...sentPayout },
  { ...sentPayout, status: "confirmed", receipt },
  { ...sentPayout, status: "failed", failureCode: "1" },
];
const sellReasons = [
  null,
  "claimed_without_payout",
  "payment_gone_before_proof",
  "payment_gone_after_payout",
  "payout_contradiction",
];

/** Whether an order in this state can have this case file at all. */
function fits(
  kind: Order["kind"],
  state: OrderState,
  { refund: last, ...file }: CaseFile,
): boolean {
  if (isFinal(state)) return true;
  if (kind === "sell") return last === null && file.suspenseKesCents === 0n;
  return state === "refunding" || last?.status !== "open";
}

function* allOrders(): Generator<readonly [string, Order]> {
  for (const [file, caseFile] of Object.entries(files)) {
    for (const state of buyStates.filter((one) => fits("buy", one, caseFile))) {
      const times = isFinal(state)
        ? { deadlineAt: null, wakeAt: null }
        : { deadlineAt, wakeAt: deadlineAt };
      for (const credit of ["none", "undelivered"] as const) {
        const order: BuyOrder = { ...sampleBuy(names), state, credit, caseFile, ...times };
        yield [`buy ${state} ${credit} ${file}`, order];
      }
    }
    for (const state of sellStates.filter((one) => fits("sell", one, caseFile))) {
      const times = isFinal(state)
        ? { deadlineAt: null, wakeAt: null }
        : { deadlineAt, wakeAt: deadlineAt };
      for (const payout of payouts) {
        for (const reason of sellReasons) {
          const order = sampleSell(names);
          const sell: SellOrder = {
            ...order,
            state,
            reason,
            caseFile,
            ...times,
            payout: { ...order.payout, ...payout },
            held: {
              invoice: "lnbcrt1held",
              paymentHash: "held",
              invoiceExpiresAt: deadlineAt,
              receivedMsat: order.terms.amountMsat,
              claimDeadlineHeight: 944,
              tipHeight: 800,
              seenAt: sampleTime,
            },
          };
          yield [`sell ${state} ${payout.status ?? "intended"} ${reason} ${file}`, sell];
        }
      }
    }
  }
}

const reason = "looked up";
const shillings = (amount: bigint) => fiat("KES", amount * 100n);
const acts: readonly (readonly [OperatorAct, ActContext])[] = [
  [{ type: "deliver", invoice: null }, context],
  [{ type: "deliver", invoice: "lnbcrt1fresh" }, fresh],
  [{ type: "refund", amountKesCents: price, way: "reversal" }, context],
  [{ type: "refund", amountKesCents: price, way: "payout" }, context],
  [{ type: "refund", amountKesCents: shillings(20n), way: "payout" }, context],
  [{ type: "refund", amountKesCents: fiat("KES", 0n), way: "payout" }, context],
  [{ type: "refund", amountKesCents: fiat("KES", 1_050n), way: "payout" }, context],
  [{ type: "pay_out" }, context],
  [{ type: "repay_owed", invoice: null }, context],
  [{ type: "repay_owed", invoice: "lnbcrt1fresh" }, fresh],
  [{ type: "payout_made", receipt: "SKN0000009" }, context],
  [{ type: "payout_not_made" }, context],
  [{ type: "made_after_all", receipt: "SKN0000009" }, context],
  [{ type: "made_after_all", receipt: null }, context],
  [credit("SKN0000009", price), context],
  [credit("SKN0000009", fiat("KES", price + 500n)), context],
  [credit(receipt, fiat("KES", price - 500n)), context],
  [{ ...credit("SKN0000009", price), replaces: receipt }, context],
  [
    {
      type: "payment_reversed",
      receipt,
      reversalReceipt: "SKN0000008",
      amountKesCents: price,
    },
    context,
  ],
  [{ type: "release_suspense", amountKesCents: price, reason }, context],
  [{ type: "release_suspense", amountKesCents: shillings(1n), reason }, context],
  [{ type: "write_off", reason }, context],
  [{ type: "write_off", reason: " " }, context],
  [{ type: "close", reason }, context],
];

function credit(of: string, amountKesCents: typeof price) {
  return {
    type: "credit_receipt",
    receipt: of,
    amountKesCents,
    msisdn: null,
    completedAt: now,
  } as const;
}

/** The change of an account by some journals, in its own unit. */
function changeOf(account: string, postings: readonly Posting[]): bigint {
  return postings
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.account === account)
    .reduce((sum, { amount }) => sum + amount, 0n);
}

describe("an operator's act", () => {
  test("is decided or refused with a sentence in every state, and its preview is what it books", () => {
    const done = new Set<string>();
    for (const [name, order] of allOrders()) {
      for (const [act, given] of acts) {
        const what = `${act.type} on ${name}`;
        const judged = judgeAct(order, act, given, now);
        const decision = decide(order, { type: "operator_acted", act, context: given }, now);
        if (!judged.ok) {
          expect(judged.error.code, `of ${what}`).toBe("act_not_possible");
          expect(judged.error.message, `of ${what}`).toMatch(/^[A-Z].*\.$/);
          expect(decision, `of ${what}`).toBeNull();
          continue;
        }
        done.add(act.type);
        const preview = previewAct(order, act, given, now);
        if (!preview.ok || decision === null) expect.unreachable(what);
        expect(preview.value.postings, `of ${what}`).toEqual(decision.postings);
        expect(preview.value.nextState, `of ${what}`).toBe(decision.next.state);
        checkBooks(what, order, decision.next, decision.postings);
      }
    }
    expect([...done].sort()).toEqual([...actTypes].sort());
  });

  test("is offered exactly when it is possible", () => {
    for (const [name, order] of allOrders()) {
      for (const offered of possibleActs(order, context, now)) {
        const decision = decide(order, { type: "operator_acted", act: offered.act, context }, now);
        expect(decision?.next.state, `${offered.act.type} on ${name}`).toBe(offered.nextState);
        expect(decision?.postings, `${offered.act.type} on ${name}`).toEqual(offered.postings);
      }
    }
  });

  test("does nothing the second time, unless something is left to do", () => {
    const repeatable = new Set([
      "close",
      "write_off",
      "release_suspense",
      "credit_receipt",
      "made_after_all",
    ]);
    for (const [name, order] of allOrders()) {
      for (const [act, given] of acts) {
        const fact = { type: "operator_acted", act, context: given } as const;
        const first = decide(order, fact, now);
        if (first === null || repeatable.has(act.type)) continue;
        const second = decide(first.next, fact, now);
        if (second === null) continue;
        expect(second.postings, `${act.type} twice on ${name}`).toEqual([]);
        expect(second.effects, `${act.type} twice on ${name}`).not.toContainEqual({
          type: "pay_invoice",
        });
      }
    }
  });
});

function checkBooks(what: string, before: Order, next: Order, postings: readonly Posting[]): void {
  const kinds = new Set(postings.map(({ kind }) => kind));
  expect(kinds.size, `of ${what}`).toBe(postings.length);
  for (const { entries } of postings) expect(findImbalance(entries), `of ${what}`).toBeNull();
  const suspense = next.caseFile.suspenseKesCents - before.caseFile.suspenseKesCents;
  expect(changeOf("kes_suspense", postings), `of ${what}`).toBe(-suspense);
  const excess = next.caseFile.excessMsat - before.caseFile.excessMsat;
  expect(changeOf("sats_receivable", postings), `of ${what}`).toBe(excess);
  const reversed = next.caseFile.reversedKesCents - before.caseFile.reversedKesCents;
  expect(changeOf("reversed_by_payers", postings), `of ${what}`).toBe(reversed);
  if (isFinal(before.state)) {
    const { caseFile: _, version: __, ...rest } = next;
    const { caseFile: ___, version: ____, ...same } = before;
    expect(rest, `of ${what}`).toEqual(same);
  }
  // Money leaves only in the steps that follow: an act itself books what has happened already.
  for (const account of ["mpesa_available", "mpesa_collections"]) {
    const left = changeOf(account, postings);
    const stated = /made|credit_receipt|payment_reversed|pay_out|close|repay_owed/.test(what);
    if (!stated) expect(left, `of ${what}`).toBe(0n);
  }
}
