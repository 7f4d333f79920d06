import { buyTable } from "./buy.ts";
import { applyTable } from "./decision.ts";
import type { Decision } from "./decision.ts";
import type { Fact } from "./facts.ts";
import type { Order } from "./order.ts";
import { sellTable } from "./sell.ts";

/** What one fact does to one order, now. Pure. Null when it changes nothing; final states are `late.ts`'s. */
export function decide(order: Order, fact: Fact, now: number): Decision | null {
  const decision =
    order.kind === "buy"
      ? applyTable(buyTable, order, fact, now)
      : applyTable(sellTable, order, fact, now);
  if (decision !== null || fact.type !== "key_taken") return decision;
  // Nothing depends on the number that belongs to another order; a person should still see it.
  const detail = "A number of M-Pesa's or a payment hash belongs to another order.";
  return {
    next: { ...order, version: order.version + 1 },
    postings: [],
    keys: [],
    cases: [{ code: `${fact.kind}_taken`, detail }],
    effects: [],
  };
}
