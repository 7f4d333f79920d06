import type { Order } from "../order.ts";
import { holdBlocks, orderTimes } from "../policy.ts";
import type { SellRule } from "./drafts.ts";
import { queryPayment } from "./drafts.ts";

/**
 * The block height at which the order must be woken; null if no block concerns it. The store finds orders by it, so a new
 * block costs nothing for the others.
 */
export function wakeHeightOf(order: Order): number | null {
  if (order.kind !== "sell" || order.held === null || order.held.claimDeadlineHeight === 0) {
    return null;
  }
  return order.state === "payout_requested" || order.state === "payout_unknown"
    ? order.held.claimDeadlineHeight - holdBlocks.protectiveClaim
    : null;
}

/** The height of the protective claim is reached: the node is asked at once, and its answer decides. */
export const deadlineReached: SellRule<"block_arrived"> = {
  to: {},
  decide: (order, { height }, now) => {
    const { held } = order;
    if (held === null || height < (wakeHeightOf(order) ?? Infinity)) return null;
    const tipHeight = Math.max(height, held.tipHeight);
    const lookAt = now + orderTimes.heldPollNearDeadlineMs;
    return {
      next: { ...order, held: { ...held, tipHeight }, lookAt, wakeAt: lookAt },
      effects: [queryPayment(held)],
    };
  },
};
