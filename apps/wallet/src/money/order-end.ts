import type { Order } from "@satsconnect/contracts";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import { kesFigure, satsFigure } from "./format.ts";
import { endedBeforePayment } from "./order-path.ts";
import type { StateTimes } from "./order-path.ts";
import { reasonText, nextStepText } from "./reasons.ts";

/** Actions that an order's screen offers. */
export type OrderAction = "again" | "otherNumber" | "talk" | "cancel" | "receipt";

export type OrderEnd = {
  /** `failed`: the money was returned or never left. `open`: a person is handling the order. */
  readonly outcome: "succeeded" | "failed" | "open";
  readonly statement: string;
  readonly detail: string;
  /** The next step for the holder. */
  readonly nextStep: string | null;
  /** The order id to give when asking for help. */
  readonly reference?: string;
  readonly actions: readonly OrderAction[];
};

/**
 * Describes how an order ended and what to do next; null while it is in progress.
 * @param isPaymentUnreturned the wallet's own payment for a sell was sent and has not been returned, whatever the
 * operator says
 */
export function orderEnd(
  order: Order,
  times: StateTimes,
  words: MoneyWords,
  isPaymentUnreturned = false,
): OrderEnd | null {
  if (isPaymentUnreturned && (order.state === "cancelled" || order.state === "expired"))
    return {
      outcome: "open",
      statement: words.end.notBack(satsFigure(BigInt(order.amountMsat))),
      detail: words.end.notBackDetail,
      nextStep: words.end.notBackNext,
      reference: order.id,
      actions: ["talk"],
    };
  return order.kind === "buy" ? buyEnd(order, words) : sellEnd(order, times, words);
}

function buyEnd(order: Order, words: MoneyWords): OrderEnd | null {
  const { end } = words;
  const kes = kesFigure(BigInt(order.amountKesCents));
  const nextStep = nextStepText("buy", order.reason, words);
  switch (order.state) {
    case "paid":
      return {
        outcome: "succeeded",
        statement: end.buyPaid,
        detail: words.path.phoneDone(satsFigure(BigInt(order.amountMsat))),
        nextStep: null,
        actions: ["receipt"],
      };
    case "refunded":
      return {
        outcome: "failed",
        statement: end.refunded(kes),
        detail: order.reason === "refund_asked" ? end.refundedAsked : end.refundedDetail,
        nextStep: end.nextTryAgain,
        actions: ["again"],
      };
    case "expired":
      return {
        outcome: "failed",
        statement: end.buyExpired,
        detail: end.buyExpiredDetail,
        nextStep: `${nextStep} ${end.lateMoney}`,
        actions: ["talk", "again"],
      };
    case "cancelled":
      return {
        outcome: "failed",
        statement: reasonText("buy", order.reason, words),
        detail: end.notCharged,
        nextStep,
        actions:
          nextStep === end.nextContactUs || nextStep === end.nextPinLocked
            ? ["talk", "again"]
            : ["again"],
      };
    case "case":
      return {
        outcome: "open",
        statement: end.case,
        detail: end.caseBuy,
        nextStep: end.caseNext,
        reference: order.id,
        actions: ["talk"],
      };
    default:
      return null;
  }
}

function sellEnd(order: Order, times: StateTimes, words: MoneyWords): OrderEnd | null {
  const { end } = words;
  const sats = satsFigure(BigInt(order.amountMsat));
  const nextStep = nextStepText("sell", order.reason, words);
  const otherNumber: readonly OrderAction[] =
    nextStep === end.nextOtherNumber
      ? ["otherNumber"]
      : nextStep === end.nextContactUs
        ? ["talk", "again"]
        : ["again"];
  switch (order.state) {
    case "claimed":
      return {
        outcome: "succeeded",
        statement: end.sellPaid,
        detail: words.path.recipientDone(kesFigure(BigInt(order.amountKesCents))),
        nextStep: null,
        actions: ["receipt"],
      };
    case "cancelled":
      if (times.held === undefined && endedBeforePayment(order))
        return {
          outcome: "failed",
          statement: end.sellCancelled,
          detail: end.sellNothingLeft,
          nextStep: end.nextTryAgain,
          actions: ["again"],
        };
      return {
        outcome: "failed",
        statement: order.reason?.startsWith("mpesa_") === true ? end.sellRefused : end.sellStopped,
        detail: end.sellRefusedDetail,
        nextStep,
        actions: otherNumber,
      };
    case "expired":
      return {
        outcome: "failed",
        statement: end.sellExpired,
        detail: end.sellNothingLeft,
        nextStep: end.nextTryAgain,
        actions: ["again"],
      };
    case "refunded":
      return {
        outcome: "failed",
        statement: end.sellRefunded,
        detail: end.sellRefusedDetail,
        nextStep,
        actions: otherNumber,
      };
    case "owed":
      if (order.actions.includes("fresh_invoice")) return null;
      return {
        outcome: "open",
        statement: end.owed,
        detail: end.owedDetail(sats),
        nextStep: end.caseNext,
        reference: order.id,
        actions: ["talk"],
      };
    case "case":
      return {
        outcome: "open",
        statement: end.case,
        detail: end.caseSell,
        nextStep: end.caseNext,
        reference: order.id,
        actions: ["talk"],
      };
    default:
      return null;
  }
}
