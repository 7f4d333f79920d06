import { judgeAct } from "./acts/judge.ts";
import { buyTable } from "./buy.ts";
import { applyTable, toDecision } from "./decision.ts";
import type { Decision } from "./decision.ts";
import type { CaseNote } from "./effects.ts";
import { unreadableEvidence } from "./effects.ts";
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
    if (fact.type === "key_taken") return noted(order, fact);
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
  return decision ?? noted(order, fact);
}

/** Facts that open a case in every state in which no rule has another answer. */
function noted(order: Order, fact: Fact): Decision | null {
  const opened = caseOf(fact);
  return opened === null
    ? null
    : toDecision({ next: { ...order, version: order.version + 1 }, cases: [opened] });
}

function caseOf(fact: Fact): CaseNote | null {
  switch (fact.type) {
    case "key_taken":
      // The state does not depend on the identifier, but the clash needs manual review.
      return {
        code: `${fact.kind}_taken`,
        detail: `A ${fact.kind} of this order already belongs to another order.`,
      };
    case "evidence_unreadable":
      return unreadableEvidence;
    default:
      return null;
  }
}
