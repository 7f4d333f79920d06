import type { CaseNote, Effect } from "../effects.ts";
import type { Fact, LightningReport } from "../facts.ts";
import { paidHash } from "../lightning-proof.ts";
import type { Order, SellOrder } from "../order.ts";
import { sentInExcess } from "../postings.ts";
import type { Posting } from "../postings.ts";
import { satsClaimedProtectively } from "../sell/postings.ts";
import { nothing, unchanged } from "./verdict.ts";
import type { LateVerdict } from "./verdict.ts";

/*
 * Reports of the node about the payment of an order that has ended. The node's events are signed by nobody else and
 * durable, so they are proof.
 */

type Reported = Extract<Fact, { type: "lightning_reported" }>;

/** Whether the report must be stored as evidence of this ended order. */
export function isLatePayment(order: Order, fact: Reported): boolean {
  return lateHeld(order, fact) !== null || finding(order, fact) !== null;
}

/** A payment that arrived for a sell that has ended is failed back. */
export function lateHeld(order: Order, { answer }: Reported): Effect | null {
  const report = answer.ok ? answer.value : null;
  if (order.kind !== "sell" || !isWithoutClaim(order) || report?.state !== "held") return null;
  return { type: "fail_payment", paymentHash: report.paymentHash };
}

export function latePayment(order: Order, fact: Reported, answer: Fact | null): LateVerdict {
  if (answer?.type === "lightning_reported") {
    const report = answer.answer.ok ? answer.answer.value : null;
    const notHeld =
      report !== null && ["returned", "expired", "failed", "succeeded"].includes(report.state);
    return { decision: unchanged(order), settled: notHeld };
  }
  const found = finding(order, fact);
  if (found === null) return nothing(order);
  const { posting, note } = found;
  return {
    decision: { ...unchanged(order), postings: [posting], cases: [note] },
    settled: true,
  };
}

/** How the report contradicts the order's end; null if it does not. */
function finding(
  order: Order,
  { answer }: Reported,
): { readonly posting: Posting; readonly note: CaseNote } | null {
  const report = answer.ok ? answer.value : null;
  if (report === null || report.state !== "succeeded") return null;
  const detail = `The payment ${report.paymentHash} succeeded after the order ended as ${order.state}.`;
  if (report.direction === "inbound") {
    return order.kind === "sell" && isClaimedAfterEnd(order, report)
      ? {
          posting: satsClaimedProtectively(order),
          note: { code: "claimed_without_payout", detail },
        }
      : null;
  }
  const { lightning } = order;
  if (lightning === null || paidHash(lightning, answer) === null) return null;
  if (order.kind === "buy" && order.extraDelivery === true) return null;
  const posting = sentInExcess(lightning.amountMsat, report.feeMsat);
  const isSettled = order.kind === "buy" ? order.state === "paid" : order.state === "refunded";
  // The payment that settled the order: its event is repeated.
  if (isSettled && report.paymentHash === lightning.paymentHash) return null;
  if (isSettled) return { posting, note: { code: "earlier_invoice_paid", detail } };
  const refunded = order.kind === "buy" && order.state === "refunded";
  const code = refunded ? "delivered_and_refunded" : "payment_contradiction";
  return { posting, note: { code, detail } };
}

function isClaimedAfterEnd(order: SellOrder, report: LightningReport): boolean {
  const { held } = order;
  return (
    isWithoutClaim(order) && held?.paymentHash === report.paymentHash && held.claimBooked !== true
  );
}

function isWithoutClaim({ state }: SellOrder): boolean {
  return state === "cancelled" || state === "expired";
}
