import { fiat, msat, rate } from "@satsconnect/money";
import { emptyCaseFile } from "./case-file.ts";
import type { Decision } from "./decision.ts";
import type { BuyOrder, SellOrder } from "./order.ts";
import { newPayout } from "./payout.ts";
import type { Quote } from "./quote.ts";

/** When the sample quotes and orders below were made. They are for tests. */
export const sampleTime = Date.UTC(2026, 10, 23, 9, 0, 0);

export type SampleIds = {
  readonly orderId: string;
  readonly quoteId: string;
  readonly walletId: string;
  /** Makes external identifiers unique. */
  readonly tag: string;
  /** The phone number; a fixed one by default. */
  readonly msisdn?: string;
};

const terms = {
  currency: "KES",
  amountKesCents: fiat("KES", 30_000n),
  amountMsat: msat(2_790_001n),
  rate: rate("KES", 1_084_458_090n, 100n),
  fees: [{ code: "spread", amountKesCents: fiat("KES", 450n), amountMsat: msat(41_501n) }],
  recipientName: null,
} as const;

export function sampleQuote(kind: "buy" | "sell", { quoteId, walletId }: SampleIds): Quote {
  return {
    id: quoteId,
    walletId,
    kind,
    terms,
    customerMpesaFeeKesCents: fiat("KES", kind === "buy" ? 500n : 0n),
    msisdn: kind === "sell" ? "254712345678" : null,
    sources: [{ source: "coinbase", kesPerBtc: "10844580.90", asOf: sampleTime, used: true }],
    createdAt: sampleTime,
    expiresAt: sampleTime + 90_000,
    orderId: null,
  };
}

const common = {
  nodeId: `02${"ab".repeat(32)}`,
  deviceId: null,
  terms,
  msisdn: "254712345678",
  version: 1,
  reason: null,
  createdAt: sampleTime,
  updatedAt: sampleTime,
  deadlineAt: sampleTime + 900_000,
  wakeAt: sampleTime,
  evidenceCount: 0,
  evidenceSeen: 0,
  mpesaReceipt: null,
  caseFile: emptyCaseFile,
  payoutFeeKesCents: fiat("KES", 500n),
} as const;

export function sampleBuy({
  orderId,
  quoteId,
  walletId,
  tag,
  msisdn = common.msisdn,
}: SampleIds): BuyOrder {
  return {
    ...common,
    id: orderId,
    quoteId,
    walletId,
    msisdn,
    kind: "buy",
    state: "stk_requested",
    priceUntil: sampleTime + 90_000,
    offer: null,
    channelOpened: false,
    collectedIn: "mpesa_collections",
    credit: "none",
    prompt: {
      status: "intended",
      accountReference: "SATS00000001",
      sends: 0,
      checkoutRequestId: null,
      polls: 0,
      lateUntil: sampleTime + 900_000,
      callback: null,
      lastAnswer: null,
      dueAt: sampleTime,
    },
    lightning: {
      number: 1,
      invoice: `lnbcrt1${tag}`,
      paymentHash: `hash-${tag}`,
      amountMsat: terms.amountMsat,
      invoiceExpiresAt: sampleTime + 3_600_000,
      earlierHashes: [],
      polls: 0,
      dueAt: sampleTime,
    },
    payout: newPayout(`OC${tag}`, msisdn, terms.amountKesCents),
  };
}

export function sampleSell({
  orderId,
  quoteId,
  walletId,
  tag,
  msisdn = common.msisdn,
}: SampleIds): SellOrder {
  return {
    ...common,
    id: orderId,
    quoteId,
    walletId,
    msisdn,
    kind: "sell",
    state: "invoice_open",
    payBy: sampleTime + 120_000,
    floatReserved: false,
    held: null,
    dueAt: sampleTime,
    lookAt: sampleTime,
    payout: newPayout(`OC${tag}`, msisdn, terms.amountKesCents),
    lightning: null,
  };
}

/** The second argument of `OrderStore.open` for a sample order. */
export function opening(order: BuyOrder | SellOrder) {
  return {
    postings: [],
    keys: [
      {
        kind: "originator_conversation_id",
        value: order.payout.originatorConversationId,
      } as const,
      ...(order.kind === "buy"
        ? [{ kind: "payment_hash", value: order.lightning.paymentHash } as const]
        : []),
    ],
    limits: { at: sampleTime, railDailyMax: fiat("KES", 50_000_000n) },
  };
}

/** A decision that changes only the given fields. */
export function change<Of extends BuyOrder | SellOrder>(
  order: Of,
  next: Partial<Of>,
  more: Partial<Omit<Decision, "next">> = {},
): Decision {
  return {
    next: { ...order, ...next, version: order.version + 1 },
    postings: [],
    keys: [],
    cases: [],
    effects: [],
    ...more,
  };
}
