import { fiat, msat } from "@satsconnect/money";
import type { OperatorAct } from "./acts/act.ts";
import { emptyCaseFile } from "./case-file.ts";
import type { CaseFile } from "./case-file.ts";
import { newReversal } from "./reversal.ts";
import { sampleBuy, sampleSell, sampleTime } from "./samples.ts";
import type { Fact, LightningReport } from "./facts.ts";
import type {
  BuyOrder,
  BuyState,
  HoldInvoice,
  LightningAttempt,
  Order,
  OrderState,
  SellOrder,
  SellState,
} from "./order.ts";
import type { Payout } from "./payout.ts";

/** A transition and a fact that causes it. */
export type Example = {
  readonly from: Order;
  readonly fact: Fact;
  readonly to: OrderState;
  /** Kinds of the journals that the transition posts. */
  readonly postings: readonly string[];
};

const names = { orderId: "order", quoteId: "quote", walletId: "wallet", tag: "1" };
const deadlineAt = sampleTime + 86_400_000;
export const exampleTime = sampleTime + 1_000;

function buyIn(state: BuyState, more: Partial<BuyOrder> = {}): BuyOrder {
  return { ...sampleBuy(names), state, deadlineAt, wakeAt: deadlineAt, ...more };
}

function sellIn(state: SellState, payout: Partial<Payout> = {}): SellOrder {
  const order = sampleSell(names);
  return {
    ...order,
    state,
    deadlineAt,
    wakeAt: deadlineAt,
    floatReserved: state !== "invoice_open",
    held: {
      invoice: "lnbcrt1held",
      paymentHash: "held",
      invoiceExpiresAt: sampleTime + 120_000,
      receivedMsat: order.terms.amountMsat,
      claimDeadlineHeight: 944,
      tipHeight: 800,
      seenAt: sampleTime,
    },
    payout: { ...order.payout, ...payout },
  };
}

function reportOf(
  state: LightningReport["state"],
  more: Partial<LightningReport> = {},
): LightningReport {
  return {
    paymentHash: "held",
    direction: "inbound",
    state,
    receivedMsat: sampleSell(names).terms.amountMsat,
    feeMsat: msat(0n),
    failure: null,
    claimDeadlineHeight: 944,
    tipHeight: 801,
    ...more,
  };
}

function reported(state: LightningReport["state"], more: Partial<LightningReport> = {}): Fact {
  return { type: "lightning_reported", answer: { ok: true, value: reportOf(state, more) } };
}

function acted(act: OperatorAct): Fact {
  const context = { by: "an operator", payoutId: "OCnew", invoice: null };
  return { type: "operator_acted", act, context };
}

const receipt = "SKN0000009";
const reason = "looked up";
const suspended: CaseFile = {
  ...emptyCaseFile,
  payments: [
    {
      checkoutRequestId: "ws_CO_1",
      receipt: "SKN0000002",
      msisdn: null,
      amountKesCents: sampleBuy(names).terms.amountKesCents,
      reversal: "none",
    },
  ],
  suspenseKesCents: sampleBuy(names).terms.amountKesCents,
};
const full = {
  type: "refund",
  amountKesCents: suspended.suspenseKesCents,
  way: "reversal",
} as const;
const sentInExcess: CaseFile = {
  ...emptyCaseFile,
  excessMsat: sampleBuy(names).terms.amountMsat,
};
const openReversal: CaseFile = {
  ...suspended,
  refund: {
    number: 1,
    reason: null,
    amountKesCents: suspended.suspenseKesCents,
    from: "kes_suspense",
    status: "open",
    reversal: { ...newReversal("SKN0000002", suspended.suspenseKesCents, 0), sends: 1 },
    payout: sampleBuy(names).payout,
    feeKesCents: fiat("KES", 500n),
    reserved: false,
  },
};
const openPayout: CaseFile = {
  ...suspended,
  refund: {
    number: 1,
    reason: null,
    amountKesCents: suspended.suspenseKesCents,
    from: "kes_suspense",
    status: "open",
    reversal: null,
    payout: { ...sampleBuy(names).payout, status: "unknown", sends: 1, perhapsSent: true },
    feeKesCents: fiat("KES", 500n),
    reserved: true,
  },
};

const sent: Partial<Payout> = {
  status: "unknown",
  sends: 1,
  perhapsSent: true,
  conversationIds: ["AG_1"],
};
const confirmed: Partial<Payout> = { ...sent, status: "confirmed", receipt: "SKN0000001" };
const failed: Partial<Payout> = { ...sent, status: "failed", failureCode: "2040" };
const contradiction: Extract<Fact, { type: "payout_resulted" }> = {
  type: "payout_resulted",
  result: {
    conversationId: "AG_1",
    originatorConversationId: null,
    status: "succeeded",
    code: "0",
    amountKesCents: fiat("KES", 30_000n),
    receipt: "SKN0000001",
    msisdn: null,
  },
};
const firstCall: LightningAttempt = { ...sampleBuy(names).lightning, polls: 1 };
const secondInvoice: LightningAttempt = {
  ...firstCall,
  number: 2,
  earlierHashes: ["an earlier one"],
};
const delivered = reported("succeeded", {
  direction: "outbound",
  paymentHash: firstCall.paymentHash,
});
const sentRefund: Payout = { ...sampleBuy(names).payout, ...sent };
const refundRefused: Fact = {
  type: "payout_resulted",
  result: { ...contradiction.result, status: "failed", code: "2040", amountKesCents: null },
};
function refunding(payout: Partial<Payout>): CaseFile {
  return {
    ...emptyCaseFile,
    refund: {
      number: 1,
      reason: null,
      amountKesCents: sampleBuy(names).terms.amountKesCents,
      from: "buys_undelivered",
      status: "open",
      reversal: null,
      payout: { ...sampleBuy(names).payout, ...payout },
      feeKesCents: fiat("KES", 500n),
      reserved: true,
    },
  };
}
function heldOf(order: SellOrder): HoldInvoice {
  if (order.held === null) throw new Error("The sample has no held payment");
  return order.held;
}
function neverFrom(code: string): Fact {
  return { type: "lightning_reported", answer: { ok: false, code, retry: "never" } };
}
const keyTaken: Fact = { type: "key_taken", kind: "mpesa_receipt" };
const nearDeadline = { tipHeight: 932 };

/**
 * Transitions that simulation rarely or never reaches: decisions by an operator, and contradictions by the node or
 * M-Pesa.
 */
export const rareExamples: readonly Example[] = [
  {
    from: buyIn("paying", { credit: "undelivered", lightning: secondInvoice }),
    fact: reported("succeeded", { direction: "outbound", paymentHash: "an earlier one" }),
    to: "paying",
    postings: ["sats_sent_in_excess:1"],
  },
  {
    from: buyIn("invoice_needed", { credit: "undelivered" }),
    fact: delivered,
    to: "paid",
    postings: ["sats_delivered"],
  },
  {
    from: buyIn("refunding", { credit: "undelivered", caseFile: refunding({}) }),
    fact: delivered,
    to: "paid",
    postings: ["refund_released:1", "sats_delivered"],
  },
  {
    // A part was refunded before: the sats were not paid for in full.
    from: buyIn("refunding", {
      caseFile: { ...refunding({}), suspenseKesCents: fiat("KES", 10_000n) },
    }),
    fact: delivered,
    to: "case",
    postings: ["refund_released:1", "sats_sent_in_excess:2"],
  },
  {
    from: buyIn("refunding", { credit: "undelivered", caseFile: refunding(sentRefund) }),
    fact: delivered,
    to: "refunding",
    postings: ["sats_sent_in_excess:1"],
  },
  {
    // M-Pesa refuses the refund of a buy whose sats arrived after all.
    from: buyIn("refunding", {
      credit: "undelivered",
      caseFile: {
        ...refunding({ ...sentRefund, perhapsSent: false }),
        excessMsat: firstCall.amountMsat,
      },
      extraDelivery: true,
    }),
    fact: refundRefused,
    to: "paid",
    postings: ["refund_released:1", "sats_delivered"],
  },
  {
    from: buyIn("case", { credit: "undelivered" }),
    fact: delivered,
    to: "case",
    postings: ["sats_sent_in_excess:1"],
  },
  {
    from: buyIn("paying", { credit: "undelivered", lightning: firstCall }),
    fact: neverFrom("grpc_unimplemented"),
    to: "invoice_needed",
    postings: [],
  },
  {
    // A call before this one may be in flight.
    from: buyIn("paying", { credit: "undelivered", lightning: { ...firstCall, polls: 2 } }),
    fact: neverFrom("grpc_unimplemented"),
    to: "paying",
    postings: [],
  },
  {
    from: buyIn("paying", { credit: "undelivered", lightning: firstCall }),
    fact: neverFrom("idempotency_conflict"),
    to: "paying",
    postings: [],
  },
  {
    // The node was restored to an older state: it knew the payment, and does not know it any more.
    from: buyIn("paying", {
      credit: "undelivered",
      lightning: { ...firstCall, invoiceExpiresAt: 0, reportedHash: firstCall.paymentHash },
    }),
    fact: { type: "lightning_reported", answer: { ok: true, value: null } },
    to: "case",
    postings: [],
  },
  {
    from: { ...sellIn("refunding", failed), lightning: { ...firstCall, polls: 2 } },
    fact: neverFrom("grpc_unauthenticated"),
    to: "refunding",
    postings: [],
  },
  {
    from: { ...sellIn("refunding", failed), lightning: secondInvoice },
    fact: reported("succeeded", { direction: "outbound", paymentHash: "an earlier one" }),
    to: "refunding",
    postings: ["owed_repaid"],
  },
  {
    from: { ...sellIn("owed", failed), lightning: firstCall },
    fact: delivered,
    to: "refunded",
    postings: ["owed_repaid"],
  },
  {
    from: sellIn("case", sent),
    fact: reported("succeeded"),
    to: "case",
    postings: ["sats_claimed_protectively"],
  },
  {
    from: sellIn("case", confirmed),
    fact: reported("succeeded"),
    to: "claimed",
    postings: ["sats_claimed"],
  },
  {
    from: {
      ...sellIn("case", confirmed),
      held: { ...heldOf(sellIn("case")), claimBooked: true },
    },
    fact: acted({ type: "payout_made", receipt }),
    to: "claimed",
    postings: ["owed_settled"],
  },
  {
    from: buyIn("case", { caseFile: suspended }),
    fact: acted({ type: "deliver", invoice: null }),
    to: "kes_received",
    postings: ["suspense_credited:1"],
  },
  {
    from: buyIn("case", {
      caseFile: suspended,
      lightning: { ...sampleBuy(names).lightning, polls: 3 },
    }),
    fact: acted({ type: "deliver", invoice: null }),
    to: "invoice_needed",
    postings: ["suspense_credited:1"],
  },
  {
    from: buyIn("case", { caseFile: suspended }),
    fact: {
      type: "operator_acted",
      act: { type: "deliver", invoice: "lnbcrt1fresh" },
      context: {
        by: "an operator",
        payoutId: "OCnew",
        invoice: { invoice: "lnbcrt1fresh", paymentHash: "fresh", invoiceExpiresAt: deadlineAt },
      },
    },
    to: "paying",
    postings: ["suspense_credited:1"],
  },
  {
    from: buyIn("case", { caseFile: suspended }),
    fact: acted(full),
    to: "refunding",
    postings: [],
  },
  {
    // M-Pesa refused the first refund: the second gets a new id.
    from: buyIn("case", { credit: "undelivered" }),
    fact: acted({ ...full, way: "payout" }),
    to: "refunding",
    postings: ["set_aside:1"],
  },
  {
    from: buyIn("case"),
    fact: acted({ type: "close", reason }),
    to: "cancelled",
    postings: [],
  },
  {
    from: buyIn("case", { caseFile: suspended }),
    fact: acted({ type: "release_suspense", amountKesCents: suspended.suspenseKesCents, reason }),
    to: "cancelled",
    postings: ["suspense_released:1"],
  },
  {
    from: buyIn("case", {
      credit: "undelivered",
      caseFile: sentInExcess,
    }),
    fact: acted({ type: "made_after_all", receipt: null }),
    to: "paid",
    postings: ["sats_delivered"],
  },
  {
    from: buyIn("case", {
      caseFile: {
        ...suspended,
        latePayouts: [
          {
            id: "OC1",
            amountKesCents: suspended.suspenseKesCents,
            account: "mpesa_available",
            feeKesCents: fiat("KES", 500n),
            claim: "made",
            receipt,
            booked: false,
          },
        ],
      },
    }),
    fact: acted({ type: "made_after_all", receipt }),
    to: "refunded",
    postings: ["payout_paid_late:1"],
  },
  {
    from: buyIn("refunding", { caseFile: openReversal }),
    fact: acted({ type: "payout_made", receipt }),
    to: "refunded",
    postings: ["refund_reversed:1"],
  },
  {
    from: buyIn("refunding", { caseFile: openPayout }),
    fact: acted({ type: "payout_not_made" }),
    to: "case",
    postings: ["refund_released:1"],
  },
  {
    from: buyIn("invoice_needed", {
      credit: "undelivered",
      caseFile: { ...suspended, suspenseKesCents: emptyCaseFile.suspenseKesCents },
    }),
    fact: acted({
      type: "payment_reversed",
      receipt: "SKN0000002",
      reversalReceipt: receipt,
      amountKesCents: suspended.suspenseKesCents,
    }),
    to: "cancelled",
    postings: ["set_aside:1", "payment_reversed:2"],
  },
  {
    from: buyIn("invoice_needed", {
      credit: "undelivered",
      caseFile: { ...suspended, suspenseKesCents: emptyCaseFile.suspenseKesCents },
    }),
    fact: acted({
      type: "payment_reversed",
      receipt: "SKN0000002",
      reversalReceipt: receipt,
      amountKesCents: fiat("KES", 10_000n),
    }),
    to: "case",
    postings: ["set_aside:1", "payment_reversed:2"],
  },
  { from: buyIn("refunding", { credit: "undelivered" }), fact: keyTaken, to: "case", postings: [] },
  {
    from: sellIn("invoice_open"),
    fact: reported("succeeded"),
    to: "case",
    postings: ["sats_claimed_protectively"],
  },
  {
    from: sellIn("held"),
    fact: reported("returned"),
    to: "cancelled",
    postings: ["payout_released"],
  },
  {
    from: sellIn("held"),
    fact: reported("succeeded"),
    to: "case",
    postings: ["sats_claimed_protectively"],
  },
  {
    from: { ...sellIn("refunding", failed), lightning: sampleBuy(names).lightning },
    fact: reported("failed", {
      direction: "outbound",
      paymentHash: sampleBuy(names).lightning.paymentHash,
    }),
    to: "owed",
    postings: [],
  },
  {
    from: sellIn("invoice_open"),
    fact: { type: "float_short", report: reportOf("held") },
    to: "returning",
    postings: [],
  },
  // The last report is hours old.
  {
    from: sellIn("held"),
    fact: reported("held", { tipHeight: 850 }),
    to: "returning",
    postings: [],
  },
  {
    from: sellIn("payout_requested", { ...sent, status: "accepted" }),
    fact: reported("held", nearDeadline),
    to: "protective_claim",
    postings: [],
  },
  {
    from: sellIn("payout_requested"),
    fact: reported("returned"),
    to: "cancelled",
    postings: ["payout_released"],
  },
  {
    from: sellIn("payout_requested", { ...sent, status: "accepted" }),
    fact: reported("returned"),
    to: "case",
    postings: [],
  },
  {
    from: sellIn("payout_requested"),
    fact: reported("held", nearDeadline),
    to: "returning",
    postings: [],
  },
  {
    from: sellIn("payout_unknown"),
    fact: reported("returned"),
    to: "cancelled",
    postings: ["payout_released"],
  },
  { from: sellIn("payout_unknown", sent), fact: reported("returned"), to: "case", postings: [] },
  {
    from: sellIn("payout_confirmed", confirmed),
    fact: reported("returned"),
    to: "case",
    postings: [],
  },
  { from: sellIn("returning", failed), fact: contradiction, to: "case", postings: [] },
  {
    from: sellIn("returning", failed),
    fact: reported("succeeded"),
    to: "case",
    postings: ["sats_claimed_protectively"],
  },
  {
    from: sellIn("protective_claim", confirmed),
    fact: reported("succeeded"),
    to: "claimed",
    postings: ["sats_claimed"],
  },
  {
    from: sellIn("protective_claim", failed),
    fact: reported("returned"),
    to: "cancelled",
    postings: ["payout_released"],
  },
  { from: sellIn("protective_claim", sent), fact: reported("returned"), to: "case", postings: [] },
  {
    from: sellIn("owed", sent),
    fact: acted({ type: "payout_made", receipt }),
    to: "claimed",
    postings: ["payout_paid", "owed_settled"],
  },
  {
    from: sellIn("owed", failed),
    fact: {
      type: "operator_acted",
      act: { type: "repay_owed", invoice: "lnbcrt1fresh" },
      context: {
        by: "an operator",
        payoutId: "OCnew",
        invoice: { invoice: "lnbcrt1fresh", paymentHash: "fresh", invoiceExpiresAt: deadlineAt },
      },
    },
    to: "refunding",
    postings: [],
  },
  {
    from: { ...sellIn("case", failed), reason: "claimed_instead_of_returned" },
    fact: {
      type: "operator_acted",
      act: { type: "repay_owed", invoice: "lnbcrt1fresh" },
      context: {
        by: "an operator",
        payoutId: "OCnew",
        invoice: { invoice: "lnbcrt1fresh", paymentHash: "fresh", invoiceExpiresAt: deadlineAt },
      },
    },
    to: "refunding",
    postings: ["sats_claimed_protectively", "payout_released"],
  },
  {
    from: { ...sellIn("case"), reason: "claimed_without_payout" },
    fact: acted({ type: "pay_out" }),
    to: "owed",
    postings: ["sats_claimed_protectively"],
  },
  {
    from: sellIn("case", sent),
    fact: acted({ type: "payout_made", receipt }),
    to: "payout_confirmed",
    postings: ["payout_paid"],
  },
  {
    from: sellIn("case", sent),
    fact: acted({ type: "payout_not_made" }),
    to: "returning",
    postings: [],
  },
  {
    from: sellIn("payout_unknown", sent),
    fact: acted({ type: "payout_made", receipt }),
    to: "payout_confirmed",
    postings: ["payout_paid"],
  },
  {
    from: sellIn("payout_requested", { ...sent, status: "accepted" }),
    fact: acted({ type: "payout_not_made" }),
    to: "returning",
    postings: [],
  },
  {
    from: { ...sellIn("case", confirmed), reason: "payment_gone_after_payout" },
    fact: acted({ type: "write_off", reason }),
    to: "cancelled",
    postings: ["written_off:1"],
  },
  {
    from: { ...sellIn("case", failed), reason: "payment_gone_before_proof" },
    fact: acted({ type: "close", reason }),
    to: "cancelled",
    postings: ["payout_released"],
  },
];

/** Facts that change nothing: actions that the order's state does not allow, and a report about another payment. */
export const refusedExamples: readonly Pick<Example, "from" | "fact">[] = [
  { from: buyIn("case", { credit: "undelivered" }), fact: acted({ type: "close", reason }) },
  { from: buyIn("case", { caseFile: suspended }), fact: acted({ type: "close", reason }) },
  { from: buyIn("case"), fact: acted(full) },
  { from: buyIn("case"), fact: acted({ type: "deliver", invoice: null }) },
  { from: buyIn("case"), fact: acted({ type: "payout_made", receipt }) },
  { from: buyIn("refunding", { caseFile: openPayout }), fact: acted(full) },
  {
    from: buyIn("refunding", { caseFile: openReversal }),
    fact: acted({ type: "deliver", invoice: null }),
  },
  { from: sellIn("case", confirmed), fact: acted({ type: "payout_not_made" }) },
  { from: sellIn("case", failed), fact: acted({ type: "payout_made", receipt }) },
  { from: sellIn("case", sent), fact: acted({ type: "close", reason }) },
  { from: sellIn("case", sent), fact: acted({ type: "pay_out" }) },
  { from: sellIn("case", failed), fact: acted({ type: "pay_out" }) },
  { from: sellIn("held"), fact: { type: "holder_cancelled" } },
  { from: buyIn("paying", { credit: "undelivered" }), fact: { type: "holder_cancelled" } },
  { from: sellIn("owed", sent), fact: attached() },
  { from: sellIn("payout_unknown", sent), fact: reported("held", { paymentHash: "another" }) },
];

function attached(): Fact {
  return {
    type: "invoice_attached",
    invoice: "lnbcrt1fresh",
    paymentHash: "fresh",
    amountMsat: msat(2_790_001n),
    invoiceExpiresAt: deadlineAt,
  };
}
