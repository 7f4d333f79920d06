import type { Order } from "@satsconnect/contracts";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import { kesFigure, satsFigure } from "./format.ts";
import { nothingLeft } from "./order-path.ts";
import type { StateTimes } from "./order-path.ts";
import { reasonWords, todoWords } from "./reasons.ts";

/** Actions that an order's screen offers. */
export type OrderAction = "again" | "otherNumber" | "talk" | "cancel" | "receipt";

export type OrderEnd = {
  /**
   * `arrived`: the order succeeded. `back`: it did not, and the money was returned or never left. `open`: a person is
   * handling it.
   */
  readonly how: "arrived" | "back" | "open";
  readonly statement: string;
  readonly detail: string;
  /** The next step for the holder. */
  readonly todo: string | null;
  /** The number to give when asking for help. */
  readonly reference?: string;
  readonly actions: readonly OrderAction[];
};

/**
 * Describes how an order ended and what to do next; null while it is in progress.
 * @param isOut the wallet's own payment for a sell was sent and has not come back, whatever the operator says
 */
export function orderEnd(
  order: Order,
  times: StateTimes,
  words: MoneyWords,
  isOut = false,
): OrderEnd | null {
  if (isOut && (order.state === "cancelled" || order.state === "expired"))
    return {
      how: "open",
      statement: words.end.notBack(satsFigure(BigInt(order.amountMsat))),
      detail: words.end.notBackDetail,
      todo: words.end.notBackTodo,
      reference: order.id,
      actions: ["talk"],
    };
  return order.kind === "buy" ? buyEnd(order, words) : sellEnd(order, times, words);
}

function buyEnd(order: Order, words: MoneyWords): OrderEnd | null {
  const { end } = words;
  const kes = kesFigure(BigInt(order.amountKesCents));
  const todo = todoWords("buy", order.reason, words);
  switch (order.state) {
    case "paid":
      return {
        how: "arrived",
        statement: end.buyPaid,
        detail: words.path.phoneDone(satsFigure(BigInt(order.amountMsat))),
        todo: null,
        actions: ["receipt"],
      };
    case "refunded":
      return {
        how: "back",
        statement: end.refunded(kes),
        detail: order.reason === "refund_asked" ? end.refundedAsked : end.refundedDetail,
        todo: end.pointAgain,
        actions: ["again"],
      };
    case "expired":
      return {
        how: "back",
        statement: end.buyExpired,
        detail: end.buyExpiredDetail,
        todo: `${todo} ${end.lateMoney}`,
        actions: ["talk", "again"],
      };
    case "cancelled":
      return {
        how: "back",
        statement: reasonWords("buy", order.reason, words),
        detail: end.notCharged,
        todo,
        actions: todo === end.pointTalk || todo === end.pointLocked ? ["talk", "again"] : ["again"],
      };
    case "case":
      return {
        how: "open",
        statement: end.case,
        detail: end.caseBuy,
        todo: end.caseTodo,
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
  const todo = todoWords("sell", order.reason, words);
  const otherNumber: readonly OrderAction[] =
    todo === end.pointNumber
      ? ["otherNumber"]
      : todo === end.pointTalk
        ? ["talk", "again"]
        : ["again"];
  switch (order.state) {
    case "claimed":
      return {
        how: "arrived",
        statement: end.sellPaid,
        detail: words.path.recipientDone(kesFigure(BigInt(order.amountKesCents))),
        todo: null,
        actions: ["receipt"],
      };
    case "cancelled":
      if (times.held === undefined && nothingLeft(order))
        return {
          how: "back",
          statement: end.sellCancelled,
          detail: end.sellNothingLeft,
          todo: end.pointAgain,
          actions: ["again"],
        };
      return {
        how: "back",
        statement: order.reason?.startsWith("mpesa_") === true ? end.sellRefused : end.sellStopped,
        detail: end.sellRefusedDetail,
        todo,
        actions: otherNumber,
      };
    case "expired":
      return {
        how: "back",
        statement: end.sellExpired,
        detail: end.sellNothingLeft,
        todo: end.pointAgain,
        actions: ["again"],
      };
    case "refunded":
      return {
        how: "back",
        statement: end.sellRefunded,
        detail: end.sellRefusedDetail,
        todo,
        actions: otherNumber,
      };
    case "owed":
      if (order.actions.includes("fresh_invoice")) return null;
      return {
        how: "open",
        statement: end.owed,
        detail: end.owedDetail(sats),
        todo: end.caseTodo,
        reference: order.id,
        actions: ["talk"],
      };
    case "case":
      return {
        how: "open",
        statement: end.case,
        detail: end.caseSell,
        todo: end.caseTodo,
        reference: order.id,
        actions: ["talk"],
      };
    default:
      return null;
  }
}
