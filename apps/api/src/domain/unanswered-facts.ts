import { buyTable } from "./buy.ts";
import type { FactType } from "./facts.ts";
import { lateFacts } from "./late.ts";
import { buyStates, isFinal, sellStates } from "./order.ts";
import type { OrderKind, OrderState } from "./order.ts";
import { sellTable } from "./sell.ts";

/** Every type of fact, once. The compiler refuses a list that lacks one. */
const factTypes = Object.keys({
  woken: 0,
  prompt_answered: 0,
  prompt_called_back: 0,
  prompt_query_answered: 0,
  invoice_made: 0,
  lightning_reported: 0,
  payout_answered: 0,
  payout_resulted: 0,
  payout_timed_out: 0,
  status_answered: 0,
  status_resulted: 0,
  status_timed_out: 0,
  invoice_attached: 0,
  holder_cancelled: 0,
  block_arrived: 0,
  key_taken: 0,
  evidence_unreadable: 0,
  operator_resolved: 0,
} satisfies Record<FactType, 0>) as readonly FactType[];

/** Whether a rule answers the fact in the state: of the transition tables, of every state, or of ended orders. */
function hasRule(kind: OrderKind, state: OrderState, fact: FactType): boolean {
  if (isFinal(state)) return lateFacts[kind].has(fact);
  if (fact === "key_taken" || fact === "evidence_unreadable") return true;
  const table: object = kind === "buy" ? buyTable : sellTable;
  const rules = (table as Readonly<Record<string, object | undefined>>)[state];
  return rules !== undefined && Object.hasOwn(rules, fact);
}

type Exemption = {
  readonly facts: readonly FactType[];
  /** Absent: all states. */
  readonly states?: readonly OrderState[] | "final";
  readonly why: string;
};

const payoutFacts = [
  "payout_answered",
  "payout_resulted",
  "payout_timed_out",
  "status_answered",
  "status_resulted",
] as const satisfies readonly FactType[];
const ownAnswers = [
  "woken",
  "prompt_answered",
  "prompt_query_answered",
  "invoice_made",
  "payout_answered",
  "payout_timed_out",
  "status_answered",
  "key_taken",
] as const satisfies readonly FactType[];

const ofBoth: readonly Exemption[] = [
  {
    facts: ["invoice_attached", "holder_cancelled", "operator_resolved"],
    why: "the request is refused with `order_state_conflict`",
  },
  {
    facts: ["status_timed_out"],
    why: "the status query is repeated at the next wake-up",
  },
  {
    facts: ownAnswers,
    states: "final",
    why: "the answer to a call of ours proves nothing that a callback or the node's event does not prove as well",
  },
];

const ofBuys: readonly Exemption[] = [
  { facts: ["block_arrived"], why: "a buy has no deadline by blocks" },
  { facts: ["invoice_made"], why: "a buy has no hold invoice" },
  {
    facts: ["lightning_reported"],
    states: ["stk_requested", "stk_unknown", "kes_received"],
    why: "the payment is first sent in `paying`; the node returns its state there, by its idempotency key",
  },
  {
    facts: payoutFacts,
    states: ["stk_requested", "stk_unknown", "kes_received", "paying", "invoice_needed"],
    why: "the refund is first sent in `refunding`; the same id is then queried before it counts as failed",
  },
];

const ofSells: readonly Exemption[] = [
  {
    facts: ["block_arrived"],
    states: sellStates.filter(
      (state) => state !== "payout_requested" && state !== "payout_unknown",
    ),
    why: "no step is due at a height: a payout is only under way in `payout_requested` and `payout_unknown`",
  },
  {
    facts: ["prompt_answered", "prompt_called_back", "prompt_query_answered"],
    why: "a sell has no STK push",
  },
  {
    facts: ["invoice_made"],
    states: sellStates.filter((state) => state !== "invoice_open"),
    why: "the node returns the same invoice for the same order, and it is already stored",
  },
  {
    facts: payoutFacts,
    states: ["invoice_open", "held"],
    why: "the payout is first sent in `payout_requested`",
  },
  {
    facts: ["payout_timed_out"],
    states: ["payout_confirmed", "returning", "refunding"],
    why: "the payout's outcome is proven",
  },
];

/** Why a fact without a rule changes nothing in the state; null if no reason is given. */
function reasonForNoRule(kind: OrderKind, state: OrderState, fact: FactType): string | null {
  const own = kind === "buy" ? ofBuys : ofSells;
  const found = [...own, ...ofBoth].find(
    ({ facts, states }) =>
      facts.includes(fact) &&
      (states === undefined ||
        (states === "final" ? isFinal(state) : (states as readonly string[]).includes(state))),
  );
  return found?.why ?? null;
}

type UnansweredFact = {
  readonly kind: OrderKind;
  readonly state: OrderState;
  readonly fact: FactType;
  readonly why: string | null;
};

/** Every pair of state and fact that no rule answers. */
export function unansweredFacts(): readonly UnansweredFact[] {
  const kinds = [
    { kind: "buy", states: buyStates },
    { kind: "sell", states: sellStates },
  ] as const;
  return kinds.flatMap(({ kind, states }) =>
    states.flatMap((state) =>
      factTypes
        .filter((fact) => !hasRule(kind, state, fact))
        .map((fact) => ({ kind, state, fact, why: reasonForNoRule(kind, state, fact) })),
    ),
  );
}
