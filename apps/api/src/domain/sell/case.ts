import type { FactType } from "../facts.ts";
import { isProven, neverLeft, stepPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import type { SellRule } from "./moves.ts";
import { caseWake, close, toCase } from "./moves.ts";
import * as books from "./postings.ts";

/** Word on the payout is kept for what comes after this state; nothing is sent. */
export function keptRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: {},
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now, "ask");
      if (stepped === null) return null;
      const postings =
        stepped.payout.status === "confirmed" && !isProven(order.payout)
          ? [books.payoutPaid(order)]
          : [];
      return {
        next: {
          ...order,
          payout: stepped.payout,
          mpesaReceipt: stepped.payout.receipt ?? order.mpesaReceipt,
        },
        postings,
        keys: stepped.keys,
        cases: stepped.cases,
        effects: stepped.effects,
      };
    },
  };
}

export const caseWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, fact, now) => {
    const stepped = keptRule<"woken">().decide(order, fact, now);
    if (now < (order.deadlineAt ?? 0)) {
      return stepped === null
        ? null
        : { ...stepped, next: { ...stepped.next, wakeAt: caseWake(stepped.next) } };
    }
    // A person is reminded for as long as it takes.
    const deadlineAt = now + orderTimes.caseReminderMs;
    const next = { ...(stepped?.next ?? order), deadlineAt };
    return { ...stepped, next: { ...next, wakeAt: caseWake(next) } };
  },
};

export function caseRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: {},
    decide: (order, fact, now) => {
      const stepped = keptRule<Type>().decide(order, fact, now);
      return stepped === null
        ? null
        : { ...stepped, next: { ...stepped.next, wakeAt: caseWake(stepped.next) } };
    },
  };
}

export const caseResolved: SellRule<"operator_resolved"> = {
  to: { cancelled: "closed by a person" },
  decide: (order, { resolution, by }) => {
    if (resolution !== "payout_made" && resolution !== "payout_not_made") return null;
    const { status } = order.payout;
    const proven = isProven(order.payout) || neverLeft(order.payout);
    const made = proven ? status === "confirmed" : resolution === "payout_made";
    // A person knows more than M-Pesa told us only while M-Pesa has told us nothing.
    if (made !== (resolution === "payout_made")) return null;
    const paid = made && status !== "confirmed" ? [books.payoutPaid(order)] : [];
    return {
      next: close(order, "cancelled", "closed_by_operator"),
      postings: made ? [...paid, books.writtenOff(order)] : [books.payoutReleased(order)],
      cases: [{ code: "closed_by_operator", detail: `Closed by ${by}: ${resolution}.` }],
    };
  },
};

export const keyTaken: SellRule<"key_taken"> = {
  to: { case: "a number of M-Pesa's or a hash belongs to another order" },
  decide: (order, { kind }, now) => toCase(order, `${kind}_taken`, now),
};
