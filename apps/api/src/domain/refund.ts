import { err, ok, subtractFiat } from "@satsconnect/money";
import { inForce, mpesaB2cLimits, tariffFee, mpesaB2cTariffs } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";
import { book, reversiblePayment, withFile } from "./case-file.ts";
import type { Refund } from "./case-file.ts";
import type { Draft } from "./decision.ts";
import type { Fact } from "./facts.ts";
import type { Order } from "./order.ts";
import { neverSent, newPayout, stepPayout } from "./payout.ts";
import { orderTimes } from "./policy.ts";
import { transfer } from "./postings.ts";
import type { Account, Posting } from "./postings.ts";
import { newReversal, stepReversal } from "./reversal.ts";

/*
 * Shillings go back to whoever paid them, or out to whoever they are owed to. A refund reverses the receipt first, which
 * is free and leaves the account that the money came into. Only proof that this did not happen starts the payout.
 */

export type RefundRequest = {
  readonly amountKesCents: Fiat<"KES">;
  readonly way: "reversal" | "payout";
  readonly payoutId: string;
  /** The recipient of the payout. */
  readonly msisdn: string;
  readonly from: Account<"KES">;
};

/** Opens a refund. It takes its first step when the order is next woken. Errors: `act_not_possible`. */
export function openRefund<Of extends Order>(
  order: Of,
  request: RefundRequest,
  now: number,
): Result<Draft<Of>, "act_not_possible"> {
  const { amountKesCents, payoutId, msisdn, from } = request;
  const { min, max } = inForce(mpesaB2cLimits, now);
  const reversible =
    request.way === "reversal" ? reversiblePayment(order, amountKesCents) : undefined;
  if (request.way === "reversal" && reversible === undefined) {
    return refuse(
      "No receipt of this order has exactly this amount and can be reversed. Credit the receipt first, or refund by a payout.",
    );
  }
  if (amountKesCents % 100n !== 0n) return refuse("M-Pesa moves whole shillings only.");
  if (reversible === undefined && amountKesCents < min) {
    return refuse("M-Pesa pays out nothing below its minimum. Reverse the receipt, or release it.");
  }
  const fee = tariffFee(inForce(mpesaB2cTariffs, now), amountKesCents);
  if (amountKesCents > max || !fee.ok) return refuse("The amount is above M-Pesa's maximum.");
  const { caseFile } = order;
  const refund: Refund = {
    number: (caseFile.refund?.number ?? 0) + 1,
    reason: null,
    amountKesCents,
    from,
    status: "open",
    reversal:
      reversible === undefined ? null : newReversal(reversible.receipt, amountKesCents, now),
    payout: newPayout(payoutId, msisdn, amountKesCents),
    feeKesCents: fee.value,
    reserved: false,
  };
  const payments = caseFile.payments.map((payment) =>
    payment === reversible ? { ...payment, reversal: "tried" as const } : payment,
  );
  return ok({
    next: withFile(order, { refund, payments, wakeAt: now }),
    keys: [{ kind: "originator_conversation_id", value: payoutId }],
    effects: [{ type: "continue" }],
  });
}

export function refuse(message: string) {
  return err("act_not_possible", message, "never");
}

/** Applies a fact to the open refund. Returns null if nothing changes. `caseFile.wakeAt` says when to go on. */
export function stepRefund<Of extends Order>(
  order: Of,
  fact: Fact,
  now: number,
  /** `query_only`: find out what became of it, and send nothing more. */
  mode: "send" | "query_only" = "send",
): Draft<Of> | null {
  const { refund } = order.caseFile;
  if (refund?.status !== "open") return null;
  return refund.reversal === null || refund.reversal.status === "failed"
    ? stepRefundPayout(order, refund, fact, now, mode)
    : stepRefundReversal(order, refund, refund.reversal, fact, now, mode);
}

/** Whether M-Pesa may have been asked for it. */
export function isStarted({ reversal, payout }: Refund): boolean {
  return (reversal !== null && reversal.sends > 0) || !neverSent(payout);
}

/** The order without its open refund, which was not started. */
export function withoutRefund<Of extends Order>(order: Of): Draft<Of> {
  const { refund } = order.caseFile;
  return refund?.status === "open" ? unpaid(order, refund) : { next: order };
}

function stepRefundReversal<Of extends Order>(
  order: Of,
  refund: Refund,
  before: NonNullable<Refund["reversal"]>,
  fact: Fact,
  now: number,
  mode: "send" | "query_only",
): Draft<Of> | null {
  const stepped = stepReversal(before, fact, now, mode);
  if (stepped === null) return null;
  const { reversal, keys, cases, effects } = stepped;
  const known = { ...refund, reversal };
  switch (reversal.status) {
    case "confirmed":
      return { ...reversed(order, known), keys, cases };
    case "failed":
      if (mode === "query_only") return { ...unpaid(order, known), keys, cases };
      return {
        next: withFile(order, { refund: known, wakeAt: now }),
        keys,
        cases,
        effects: [...effects, { type: "continue" }],
      };
    default: {
      const wakeAt = reversal.status === "stuck" ? null : reversal.dueAt;
      return { next: withFile(order, { refund: known, wakeAt }), keys, cases, effects };
    }
  }
}

/** M-Pesa gave the payer its shillings back, from the account that they came into. */
export function reversed<Of extends Order>(order: Of, refund: Refund): Draft<Of> {
  const collectedIn = order.kind === "buy" ? order.collectedIn : "mpesa_collections";
  const payments = order.caseFile.payments.map((payment) =>
    payment.receipt === refund.reversal?.receipt
      ? { ...payment, reversal: "made" as const }
      : payment,
  );
  return made(
    withFile(order, { payments }),
    refund,
    book(
      withFile(order, { payments }),
      "refund_reversed",
      transfer("KES", collectedIn, refund.from, refund.amountKesCents),
    ),
  );
}

function made<Of extends Order>(
  order: Of,
  refund: Refund,
  booked: { readonly next: Of; readonly postings: readonly Posting[] },
): Draft<Of> {
  const { suspenseKesCents } = order.caseFile;
  return {
    next: withFile(booked.next, {
      refund: { ...refund, status: "made", reserved: false },
      suspenseKesCents:
        refund.from === "kes_suspense"
          ? subtractFiat(suspenseKesCents, refund.amountKesCents)
          : suspenseKesCents,
      wakeAt: null,
    }),
    postings: booked.postings,
  };
}

function stepRefundPayout<Of extends Order>(
  order: Of,
  refund: Refund,
  fact: Fact,
  now: number,
  mode: "send" | "query_only",
): Draft<Of> | null {
  if (!refund.reserved) {
    if (mode === "query_only") return fact.type === "woken" ? unpaid(order, refund) : null;
    return reserve(order, refund, fact, now);
  }
  if (mode === "query_only" && fact.type === "woken" && neverSent(refund.payout)) {
    return unpaid(order, refund);
  }
  const stepped = stepPayout(refund.payout, fact, now, mode);
  if (stepped === null) return null;
  const { payout, keys, cases, effects } = stepped;
  const known = { ...refund, payout };
  switch (payout.status) {
    case "confirmed":
      return { ...paid(order, known), keys, cases };
    case "failed":
      return { ...unpaid(order, known), keys, cases: [...cases, refusedNote(payout.failureCode)] };
    default:
      return {
        next: withFile(order, { refund: known, wakeAt: payout.dueAt }),
        keys,
        cases,
        effects,
      };
  }
}

/** Before the payout, so that the same float is not promised to a sell. Waits if there is too little. */
function reserve<Of extends Order>(
  order: Of,
  refund: Refund,
  fact: Fact,
  now: number,
): Draft<Of> | null {
  if (fact.type === "float_short") {
    return {
      next: withFile(order, { wakeAt: now + orderTimes.floatRetryMs }),
      cases: [
        {
          code: "refund_float_missing",
          detail: "The float does not cover the refund. It is made once the float is topped up.",
        },
      ],
    };
  }
  if (fact.type !== "woken" || now < (order.caseFile.wakeAt ?? now)) return null;
  const { next, postings } = book(
    order,
    "refund_reserved",
    transfer("KES", "mpesa_available", "mpesa_reserved", refund.amountKesCents),
  );
  return {
    next: withFile(next, { refund: { ...refund, reserved: true }, wakeAt: now }),
    postings,
    reservesFloat: true,
    effects: [{ type: "continue" }],
  };
}

/** The payout is proven paid. M-Pesa's fee goes to the charges account, which M-Pesa bills later. */
export function paid<Of extends Order>(order: Of, refund: Refund): Draft<Of> {
  return made(
    order,
    refund,
    book(order, "refund_paid", [
      ...transfer(
        "KES",
        refund.reserved ? "mpesa_reserved" : "mpesa_available",
        refund.from,
        refund.amountKesCents,
      ),
      ...transfer("KES", "mpesa_charges", "mpesa_fees", refund.feeKesCents),
    ]),
  );
}

/** The payout is proven not paid: its float is free again, and the shillings are still to be given back. */
export function unpaid<Of extends Order>(order: Of, refund: Refund): Draft<Of> {
  const { next, postings } = refund.reserved ? release(order, refund) : unchanged(order);
  return {
    next: withFile(next, {
      refund: { ...refund, status: "failed", reserved: false },
      earlierPayouts: [...order.caseFile.earlierPayouts, refund.payout],
      wakeAt: null,
    }),
    postings,
  };
}

function release<Of extends Order>(order: Of, { amountKesCents }: Refund) {
  return book(
    order,
    "refund_released",
    transfer("KES", "mpesa_reserved", "mpesa_available", amountKesCents),
  );
}

function unchanged<Of extends Order>(
  order: Of,
): {
  readonly next: Of;
  readonly postings: readonly Posting[];
} {
  return { next: order, postings: [] };
}

function refusedNote(code: string | null) {
  return { code: "refund_refused", detail: `M-Pesa refused the refund (${code ?? "no code"}).` };
}
