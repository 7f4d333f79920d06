import { buyTable } from "./buy.ts";
import { applyTable } from "./decision.ts";
import type { Decision } from "./decision.ts";
import type { CaseNote } from "./effects.ts";
import { unreadableEvidence } from "./effects.ts";
import type { Fact } from "./facts.ts";
import type { Order } from "./order.ts";
import { sellTable } from "./sell.ts";

/** Applies a fact to an order that is still open; `late.ts` handles final states. Returns null if nothing changes. */
export function decide(order: Order, fact: Fact, now: number): Decision | null {
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
    : {
        next: { ...order, version: order.version + 1 },
        postings: [],
        keys: [],
        cases: [opened],
        effects: [],
      };
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
