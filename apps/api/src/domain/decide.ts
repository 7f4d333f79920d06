import { buyTable } from "./buy.ts";
import { applyTable } from "./decision.ts";
import type { Decision } from "./decision.ts";
import type { Fact } from "./facts.ts";
import type { Order } from "./order.ts";
import { sellTable } from "./sell.ts";

/** Applies a fact to an order that is still open; `late.ts` handles final states. Returns null if nothing changes. */
export function decide(order: Order, fact: Fact, now: number): Decision | null {
  const decision =
    order.kind === "buy"
      ? applyTable(buyTable, order, fact, now)
      : applyTable(sellTable, order, fact, now);
  if (decision !== null || fact.type !== "key_taken") return decision;
  // The state does not depend on the identifier, but the clash needs manual review.
  const detail = `A ${fact.kind} of this order already belongs to another order.`;
  return {
    next: { ...order, version: order.version + 1 },
    postings: [],
    keys: [],
    cases: [{ code: `${fact.kind}_taken`, detail }],
    effects: [],
  };
}
