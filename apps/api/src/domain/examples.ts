import { fiat, msat } from "@satsconnect/money";
import { sampleBuy, sampleSell, sampleTime } from "./samples.ts";
import type { Fact, LightningReport } from "./facts.ts";
import type {
  BuyOrder,
  BuyState,
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

function reported(state: LightningReport["state"], more: Partial<LightningReport> = {}): Fact {
  const report: LightningReport = {
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
  return { type: "lightning_reported", answer: { ok: true, value: report } };
}

function resolved(resolution: Extract<Fact, { type: "operator_resolved" }>["resolution"]): Fact {
  return { type: "operator_resolved", resolution, payoutId: "OCnew", by: "an operator" };
}

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
    postings: ["sats_sent_in_excess"],
  },
  {
    from: buyIn("invoice_needed", { credit: "undelivered" }),
    fact: delivered,
    to: "paid",
    postings: ["sats_delivered"],
  },
  {
    from: buyIn("refunding", { credit: "undelivered" }),
    fact: delivered,
    to: "paid",
    postings: ["sats_delivered", "refund_released"],
  },
  {
    from: buyIn("refunding", { credit: "undelivered", payout: sentRefund }),
    fact: delivered,
    to: "refunding",
    postings: ["sats_sent_in_excess"],
  },
  {
    // M-Pesa refuses the refund of a buy whose sats arrived after all.
    from: buyIn("refunding", {
      credit: "undelivered",
      payout: { ...sentRefund, perhapsSent: false },
      extraDelivery: true,
    }),
    fact: refundRefused,
    to: "paid",
    postings: ["sats_delivered", "refund_released"],
  },
  {
    from: buyIn("case", { credit: "undelivered" }),
    fact: delivered,
    to: "case",
    postings: ["sats_sent_in_excess"],
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
    from: buyIn("case", { credit: "suspense" }),
    fact: resolved("deliver"),
    to: "invoice_needed",
    postings: ["case_released"],
  },
  {
    from: buyIn("case", { credit: "suspense" }),
    fact: resolved("refund"),
    to: "refunding",
    postings: ["case_released", "refund_reserved"],
  },
  {
    // M-Pesa refused the first refund: the second gets a new id, and its float is still reserved.
    from: buyIn("case", {
      credit: "undelivered",
      payout: { ...sampleBuy(names).payout, status: "failed" },
    }),
    fact: resolved("refund"),
    to: "refunding",
    postings: [],
  },
  { from: buyIn("case"), fact: resolved("close"), to: "cancelled", postings: [] },
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
    fact: resolved("payout_made"),
    to: "claimed",
    postings: ["payout_paid", "owed_settled"],
  },
  {
    from: sellIn("case", sent),
    fact: resolved("payout_made"),
    to: "cancelled",
    postings: ["payout_paid", "case_written_off"],
  },
  {
    from: sellIn("case", confirmed),
    fact: resolved("payout_made"),
    to: "cancelled",
    postings: ["case_written_off"],
  },
  {
    from: sellIn("case", failed),
    fact: resolved("payout_not_made"),
    to: "cancelled",
    postings: ["payout_released"],
  },
];

/** Facts that change nothing: actions that the order's state does not allow, and a report about another payment. */
export const refusedExamples: readonly Pick<Example, "from" | "fact">[] = [
  { from: buyIn("case", { credit: "undelivered" }), fact: resolved("close") },
  { from: buyIn("case"), fact: resolved("refund") },
  { from: buyIn("case"), fact: resolved("payout_made") },
  {
    from: buyIn("case", {
      credit: "undelivered",
      payout: { ...sampleBuy(names).payout, ...sent },
    }),
    fact: resolved("refund"),
  },
  {
    from: buyIn("case", {
      credit: "undelivered",
      payout: { ...sampleBuy(names).payout, ...sent },
    }),
    fact: resolved("deliver"),
  },
  { from: sellIn("case", confirmed), fact: resolved("payout_not_made") },
  { from: sellIn("case", failed), fact: resolved("payout_made") },
  { from: sellIn("case", sent), fact: resolved("close") },
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
    invoiceExpiresAt: deadlineAt,
  };
}
