import { addFiat, ok } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";
import { reversiblePayment } from "../case-file.ts";
import type { Order } from "../order.ts";
import type { ActContext, ActField, ActType, OperatorAct, PossibleAct } from "./act.ts";
import type { Judged } from "./book.ts";
import { judgeBuyAct } from "./buy.ts";
import { judgeSellAct } from "./sell.ts";

/** Decides an act. The preview and the act itself both come from here, so they cannot disagree. */
export function judgeAct(
  order: Order,
  act: OperatorAct,
  context: ActContext,
  now: number,
): Judged<Order> {
  return order.kind === "buy"
    ? judgeBuyAct(order, act, context, now)
    : judgeSellAct(order, act, context, now);
}

/** The effect that an act would have now. */
export function previewAct(
  order: Order,
  act: OperatorAct,
  context: ActContext,
  now: number,
): Result<PossibleAct, "act_not_possible"> {
  const judged = judgeAct(order, act, context, now);
  if (!judged.ok) return judged;
  return ok({
    act,
    means: actMeanings[act.type],
    needs: actFields[act.type],
    nextState: judged.value.next.state,
    postings: judged.value.postings ?? [],
  });
}

/** The acts that are possible now. Acts that need figures from M-Pesa's statement are previewed with the order's own. */
export function possibleActs(
  order: Order,
  context: ActContext,
  now: number,
): readonly PossibleAct[] {
  return exampleActs(order).flatMap((act) => {
    const preview = previewAct(order, act, context, now);
    return preview.ok ? [preview.value] : [];
  });
}

/** One act of each kind, with the most likely values. */
function exampleActs(order: Order): readonly OperatorAct[] {
  const left = shillingsLeft(order);
  const last = order.caseFile.payments.at(-1);
  const receipt = exampleReceipt;
  return [
    { type: "deliver", invoice: null },
    {
      type: "refund",
      amountKesCents: left,
      way: reversiblePayment(order, left) === undefined ? "payout" : "reversal",
    },
    { type: "pay_out" },
    { type: "repay_owed", invoice: null },
    { type: "payout_made", receipt },
    { type: "payout_not_made" },
    { type: "made_after_all", receipt },
    {
      type: "credit_receipt",
      receipt,
      amountKesCents: order.terms.amountKesCents,
      msisdn: order.msisdn,
      completedAt: order.createdAt,
    },
    {
      type: "payment_reversed",
      receipt: last?.receipt ?? receipt,
      reversalReceipt: receipt,
      amountKesCents: last?.amountKesCents ?? order.terms.amountKesCents,
    },
    { type: "release_suspense", amountKesCents: left, reason: example },
    { type: "write_off", reason: example },
    { type: "close", reason: example },
  ];
}

/** Stands for a receipt that the operator gives. */
export const exampleReceipt = "RECEIPT000";
const example = "-";

/** The money received for a buy that was neither given back nor delivered. */
function shillingsLeft(order: Order): Fiat<"KES"> {
  const { suspenseKesCents } = order.caseFile;
  return order.kind === "buy" && order.state === "case" && order.credit === "undelivered"
    ? addFiat(suspenseKesCents, order.terms.amountKesCents)
    : suspenseKesCents;
}

export const actMeanings: Readonly<Record<ActType, string>> = {
  deliver: "Send the order's sats to its holder.",
  refund: "Give the shillings back to whoever paid them.",
  pay_out: "Send the payout again under a new id; the earlier one is proven not paid.",
  repay_owed: "Send the owed sats back to the holder.",
  payout_made: "M-Pesa's records show that the payout, refund or reversal was made.",
  payout_not_made: "M-Pesa's records show that it was not made and does not wait.",
  made_after_all: "What was proven to have failed happened after all: book it.",
  credit_receipt: "Book a payment that only M-Pesa's statement shows, or correct one.",
  payment_reversed: "M-Pesa's statement shows that the payer's own reversal was granted.",
  release_suspense: "Take shillings that nobody can be paid out of suspense, as income.",
  write_off: "The operator bears what is missing.",
  close: "Nothing is left to do: close the order's cases.",
};

export const actFields: Readonly<Record<ActType, readonly ActField[]>> = {
  deliver: ["invoice"],
  refund: ["amountKesCents", "way"],
  pay_out: [],
  repay_owed: ["invoice"],
  payout_made: ["receipt"],
  payout_not_made: [],
  made_after_all: ["receipt"],
  credit_receipt: ["receipt", "amountKesCents", "msisdn", "completedAt"],
  payment_reversed: ["receipt", "reversalReceipt", "amountKesCents"],
  release_suspense: ["amountKesCents", "reason"],
  write_off: ["reason"],
  close: ["reason"],
};
