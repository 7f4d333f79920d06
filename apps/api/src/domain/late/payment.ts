import { sentInExcess, withFile } from "../case-file.ts";
import { toDecision } from "../decision.ts";
import type { CaseNote, Effect } from "../effects.ts";
import type { Fact, LightningReport } from "../facts.ts";
import { amountOf, paidHash } from "../lightning-proof.ts";
import type { Order, SellOrder } from "../order.ts";
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
  const { booked, note } = found;
  return { decision: toDecision({ ...booked, cases: [note] }), settled: true };
}

/** How the report contradicts the order's end; null if it does not, or if that is booked already. */
function finding(
  order: Order,
  { answer }: Reported,
): {
  readonly booked: { readonly next: Order; readonly postings: readonly Posting[] };
  readonly note: CaseNote;
} | null {
  const report = answer.ok ? answer.value : null;
  if (report === null || report.state !== "succeeded") return null;
  if (order.caseFile.bookedHashes.includes(report.paymentHash)) return null;
  const detail = `The payment ${report.paymentHash} succeeded after the order ended as ${order.state}.`;
  if (report.direction === "inbound") {
    return order.kind === "sell" && isClaimedAfterEnd(order, report)
      ? { booked: claimedLate(order), note: { code: "claimed_without_payout", detail } }
      : null;
  }
  const { lightning } = order;
  if (lightning === null || paidHash(lightning, answer) === null) return null;
  if (order.kind === "buy" && order.extraDelivery === true) return null;
  const isSettled = order.kind === "buy" ? order.state === "paid" : order.state === "refunded";
  // The payment that settled the order: its event is repeated.
  if (isSettled && report.paymentHash === lightning.paymentHash) return null;
  const booked = sentInExcess(order, {
    ...report,
    amountMsat: amountOf(lightning, report.paymentHash),
  });
  if (isSettled) return { booked, note: { code: "earlier_invoice_paid", detail } };
  const refunded = order.kind === "buy" && order.state === "refunded";
  const code = refunded ? "delivered_and_refunded" : "payment_contradiction";
  return { booked, note: { code, detail } };
}

/** The sats of a sell that has ended were claimed: they are the holder's. */
function claimedLate(order: SellOrder) {
  const { caseFile, held, terms } = order;
  return {
    next: withFile<Order>(order, {
      owedMsat: held?.receivedMsat ?? terms.amountMsat,
      bookedHashes:
        held === null ? caseFile.bookedHashes : [...caseFile.bookedHashes, held.paymentHash],
    }),
    postings: [satsClaimedProtectively(order)],
  };
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
