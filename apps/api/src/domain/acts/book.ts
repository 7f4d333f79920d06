import { addFiat, ok, subtractFiat, zeroMsat } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";
import { book, hasOpenRefund, isSettled, withFile } from "../case-file.ts";
import type { LatePayout } from "../case-file.ts";
import type { Draft } from "../decision.ts";
import { isFinal } from "../order.ts";
import type { Order } from "../order.ts";
import { neverSent } from "../payout.ts";
import { credit, debit, transfer } from "../postings.ts";
import type { Posting } from "../postings.ts";
import { openRefund, paid, refuse, reversed, unpaid } from "../refund.ts";
import type { ActContext, OperatorAct } from "./act.ts";

/*
 * Shared by the acts on buys and on sells: everything that only concerns the case file. Each function returns the
 * changed file with its journals; the caller decides about the order's state.
 */

export type Judged<Of extends Order> = Result<Draft<Of>, "act_not_possible">;
type ActOf<Type extends OperatorAct["type"]> = Extract<OperatorAct, { readonly type: Type }>;

/** A draft whose order has ended: when the file is settled, so are its cases. */
export function ended<Of extends Order>(draft: Draft<Of>): Draft<Of> {
  return isFinal(draft.next.state) ? { ...draft, closesCases: isSettled(draft.next) } : draft;
}

/** Applies `then` to what `first` leaves, and keeps the journals and keys of both. */
export function after<Of extends Order>(
  first: { readonly next: Of; readonly postings?: readonly Posting[] },
  then: (order: Of) => Judged<Of>,
): Judged<Of> {
  const second = then(first.next);
  if (!second.ok) return second;
  return ok({
    ...second.value,
    postings: [...(first.postings ?? []), ...(second.value.postings ?? [])],
  });
}

/** A refund out of suspense, to whoever paid. */
export function refundFromSuspense<Of extends Order>(
  order: Of,
  { amountKesCents, way }: Omit<ActOf<"refund">, "type">,
  { payoutId }: ActContext,
  now: number,
): Judged<Of> {
  if (hasOpenRefund(order)) return refuse("Another refund is under way. Wait until it has ended.");
  if (amountKesCents <= 0n) return refuse("The amount must be above zero.");
  if (amountKesCents > order.caseFile.suspenseKesCents) {
    return refuse("The order does not have so many shillings set aside.");
  }
  const payer = order.caseFile.payments.at(-1)?.msisdn ?? order.msisdn;
  return openRefund(
    order,
    { amountKesCents, way, payoutId, msisdn: payer, from: "kes_suspense" },
    now,
  );
}

/** An operator read in M-Pesa's records that the open refund was made. */
export function refundMade<Of extends Order>(order: Of, receipt: string): Judged<Of> {
  const { refund } = order.caseFile;
  if (refund?.status !== "open") return refuse("No refund is under way.");
  const { reversal, payout } = refund;
  const keys = [{ kind: "mpesa_receipt", value: receipt } as const];
  if (reversal !== null && reversal.status !== "failed") {
    if (reversal.sends === 0) return refuse("The reversal was not requested yet.");
    const known = {
      ...refund,
      reversal: { ...reversal, status: "confirmed" as const, reversalReceipt: receipt },
    };
    return ok({ ...reversed(order, known), keys });
  }
  if (!refund.reserved || neverSent(payout)) return refuse("The payout was not requested yet.");
  const known = { ...refund, payout: { ...payout, status: "confirmed" as const, receipt } };
  return ok({ ...paid(order, known), keys });
}

/** An operator read in M-Pesa's records that the open refund was not made. After a reversal, the payout follows. */
export function refundNotMade<Of extends Order>(order: Of, now: number): Judged<Of> {
  const { refund } = order.caseFile;
  if (refund?.status !== "open") return refuse("No refund is under way.");
  const { reversal, payout } = refund;
  if (reversal !== null && reversal.status !== "failed") {
    const failed = { ...reversal, status: "failed" as const, failureCode: "operator" };
    return ok({
      next: withFile(order, { refund: { ...refund, reversal: failed }, wakeAt: now }),
      effects: [{ type: "continue" }],
    });
  }
  const failed = { ...payout, status: "failed" as const, failureCode: "operator" };
  return ok(unpaid(order, { ...refund, payout: failed }));
}

/** Books the payouts and reversals that were made although they were proven not to be. */
export function bookLatePayouts<Of extends Order>(
  order: Of,
  receipt: string | null,
): Draft<Of> | null {
  const late = order.caseFile.latePayouts.filter(
    ({ booked, claim }) => !booked && claim === "made",
  );
  const [first] = late;
  if (first === undefined) return null;
  const value = first.receipt ?? receipt;
  // Shillings that were still to be given back have been given back by it; otherwise the operator paid twice.
  const from =
    order.caseFile.suspenseKesCents >= first.amountKesCents && order.kind === "buy"
      ? "kes_suspense"
      : "write_offs_kes";
  const booked = book(order, "payout_paid_late", [
    ...transfer("KES", first.account, from, first.amountKesCents),
    ...transfer("KES", "mpesa_charges", "mpesa_fees", first.feeKesCents),
  ]);
  const { suspenseKesCents } = order.caseFile;
  return {
    ...booked,
    next: withFile(booked.next, {
      suspenseKesCents:
        from === "kes_suspense"
          ? subtractFiat(suspenseKesCents, first.amountKesCents)
          : suspenseKesCents,
      latePayouts: order.caseFile.latePayouts.map((one) =>
        one === first ? { ...one, receipt: value, booked: true } : one,
      ),
    }),
    keys: value === null ? [] : [{ kind: "mpesa_receipt", value }],
  };
}

export function withLatePayout<Of extends Order>(order: Of, late: LatePayout): Of {
  return withFile(order, { latePayouts: [...order.caseFile.latePayouts, late] });
}

/** Sats that a holder got twice, or besides a refund, are not asked back. */
export function writeOffExcess<Of extends Order>(order: Of): Draft<Of> {
  const { excessMsat } = order.caseFile;
  const { next, postings } = book(
    order,
    "written_off",
    transfer("MSAT", "sats_receivable", "write_offs_msat", excessMsat),
  );
  return { next: withFile(next, { excessMsat: zeroMsat }), postings };
}

export function releaseSuspense<Of extends Order>(
  order: Of,
  { amountKesCents, reason }: Omit<ActOf<"release_suspense">, "type">,
): Judged<Of> {
  if (hasOpenRefund(order)) return refuse("A refund is under way. Wait until it has ended.");
  if (reason.trim() === "") return refuse("State why nobody can be paid.");
  if (amountKesCents <= 0n) return refuse("The amount must be above zero.");
  if (amountKesCents > order.caseFile.suspenseKesCents) {
    return refuse("The order does not have so many shillings set aside.");
  }
  const { next, postings } = book(
    order,
    "suspense_released",
    transfer("KES", "write_offs_kes", "kes_suspense", amountKesCents),
  );
  return ok({
    next: withFile(next, {
      suspenseKesCents: subtractFiat(order.caseFile.suspenseKesCents, amountKesCents),
    }),
    postings,
  });
}

/** Adds shillings to the order's suspense, booked from `account`. */
export function intoSuspense<Of extends Order>(
  order: Of,
  kind: "suspense_received" | "suspense_corrected" | "set_aside" | "payout_unmade",
  from: Parameters<typeof debit<"KES">>[1],
  amountKesCents: Fiat<"KES">,
  more: Parameters<typeof book>[2] = [],
): { readonly next: Of; readonly postings: readonly Posting[] } {
  const booked = book(order, kind, [
    debit("KES", from, amountKesCents),
    credit("KES", "kes_suspense", amountKesCents),
    ...more,
  ]);
  return {
    ...booked,
    next: withFile(booked.next, {
      suspenseKesCents: addFiat(order.caseFile.suspenseKesCents, amountKesCents),
    }),
  };
}
