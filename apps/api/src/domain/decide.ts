import { judgeAct } from "./acts/judge.ts";
import { buyTable } from "./buy.ts";
import { applyTable, toDecision } from "./decision.ts";
import type { Decision } from "./decision.ts";
import type { Fact } from "./facts.ts";
import { decideFile } from "./file-facts.ts";
import { isFinal } from "./order.ts";
import type { Order } from "./order.ts";
import { sellTable } from "./sell.ts";

/**
 * Applies a fact to an order. When it has ended, only its case file changes; other evidence that is late is judged in
 * `late.ts`. Returns null if nothing changes.
 */
export function decide(order: Order, fact: Fact, now: number): Decision | null {
  const filed = decideFile(order, fact, now);
  if (filed !== null) {
    return toDecision({ ...filed, next: { ...filed.next, version: order.version + 1 } });
  }
  if (isFinal(order.state)) {
    if (fact.type !== "operator_acted") return null;
    const judged = judgeAct(order, fact.act, fact.context, now);
    if (!judged.ok) return null;
    return toDecision({
      ...judged.value,
      next: { ...judged.value.next, version: order.version + 1 },
    });
  }
  const decision =
    order.kind === "buy"
      ? applyTable(buyTable, order, fact, now)
      : applyTable(sellTable, order, fact, now);
  if (decision !== null || fact.type !== "key_taken") return decision;
  // The state does not depend on the identifier, but the clash needs manual review.
  const detail = `A ${fact.kind} of this order already belongs to another order.`;
  return toDecision({
    next: { ...order, version: order.version + 1 },
    cases: [{ code: `${fact.kind}_taken`, detail }],
  });
}
