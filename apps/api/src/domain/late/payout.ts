import type { Effect } from "../effects.ts";
import type { Fact } from "../facts.ts";
import type { Order } from "../order.ts";
import { claimsOurs } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import { nothing, unchanged } from "./verdict.ts";
import type { LateVerdict } from "./verdict.ts";

/** A result that names our payout, but no conversation of ours, is checked by a status query. */
export function latePayoutQuery(order: Order, fact: Fact): Effect | null {
  return fact.type === "payout_resulted" &&
    !isNamed(order, fact) &&
    claimsOurs(order.payout, fact.result)
    ? { type: "query_payout" }
    : null;
}

/** Judges what M-Pesa reports about a payout after the order has ended. */
export function latePayout(
  order: Order,
  fact: Fact,
  answer: Fact | null,
  receivedAt: number,
  now: number,
): LateVerdict {
  const detail = `M-Pesa contradicts the order's final state ${order.state}.`;
  const opened = {
    decision: { ...unchanged(order), cases: [{ code: "late_contradiction", detail }] },
    settled: true,
  };
  if (fact.type !== "payout_resulted" && fact.type !== "status_resulted") return nothing(order);
  if (isNamed(order, fact)) return isOpposite(order, fact.result.status) ? opened : nothing(order);
  if (answer?.type !== "status_answered") return nothing(order);
  if (!answer.answer.ok) {
    // M-Pesa cannot be asked now. A claim that could never be checked is left to a person.
    return now < receivedAt + orderTimes.promptGiveUpMs
      ? { decision: unchanged(order), settled: false }
      : opened;
  }
  const lateStatusIds = [...(order.lateStatusIds ?? []), answer.answer.value.conversationId];
  return { decision: { ...unchanged(order), next: { ...order, lateStatusIds } }, settled: true };
}

/** Whether the result names a conversation that M-Pesa returned to us, which makes it proof. */
function isNamed(order: Order, fact: Fact): boolean {
  if (fact.type !== "payout_resulted" && fact.type !== "status_resulted") return false;
  const { conversationId } = fact.result;
  if (conversationId === null) return false;
  const { conversationIds, statusConversationIds } = order.payout;
  return fact.type === "payout_resulted"
    ? conversationIds.includes(conversationId)
    : [...statusConversationIds, ...(order.lateStatusIds ?? [])].includes(conversationId);
}

function isOpposite({ payout }: Order, status: string): boolean {
  const paid = payout.status === "confirmed";
  return (paid && status === "failed") || (!paid && status === "succeeded");
}
