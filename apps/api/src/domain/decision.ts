import type { CaseNote, Effect, UniqueKey } from "./effects.ts";
import type { Fact, FactType } from "./facts.ts";
import { isFinal } from "./order.ts";
import type { Order, OrderState } from "./order.ts";
import type { Posting } from "./postings.ts";

/** Everything that one fact changes. It is stored in one transaction; the effects are performed afterwards. */
export type Decision<Of extends Order = Order> = {
  readonly next: Of;
  readonly postings: readonly Posting[];
  readonly keys: readonly UniqueKey[];
  readonly cases: readonly CaseNote[];
  readonly effects: readonly Effect[];
  /** The order's open cases are settled, except those in `cases`. */
  readonly closesCases?: boolean;
  /** The postings reserve float: if it is not there, nothing is stored. */
  readonly reservesFloat?: boolean;
};

/** The result of a rule. Omitted parts are empty. */
export type Draft<Of extends Order> = {
  readonly next: Of;
  readonly postings?: readonly Posting[];
  readonly keys?: readonly UniqueKey[];
  readonly cases?: readonly CaseNote[];
  readonly effects?: readonly Effect[];
  readonly closesCases?: boolean;
  readonly reservesFloat?: boolean;
};

type FactOf<Type extends FactType> = Extract<Fact, { readonly type: Type }>;

/** How one state reacts to one kind of fact. `to` lists every other state it can lead to, with the reason. */
export type Rule<Of extends Order, Type extends FactType = FactType> = {
  readonly to: { readonly [State in Of["state"]]?: string };
  /** Returns null if the fact changes nothing. */
  readonly decide: (order: Of, fact: FactOf<Type>, now: number) => Draft<Of> | null;
};

export type Table<Of extends Order> = {
  readonly [State in Of["state"]]: { readonly [Type in FactType]?: Rule<Of, Type> };
};

/**
 * Finds the rule for the order's state and the fact, and applies it. Returns null if nothing changes.
 * @throws Error if a rule enters a state that its `to` does not list, or leaves an open order without a deadline.
 */
export function applyTable<Of extends Order>(
  table: Table<Of>,
  order: Of,
  fact: Fact,
  now: number,
): Decision<Of> | null {
  const rules = table[order.state as Of["state"]] as {
    readonly [Type in FactType]?: Rule<Of>;
  };
  const rule = rules[fact.type];
  const draft = rule?.decide(order, fact, now) ?? null;
  if (rule === undefined || draft === null) return null;
  const state: OrderState = draft.next.state;
  if (state !== order.state && !Object.hasOwn(rule.to, state)) {
    throw new Error(`${order.kind}: ${fact.type} must not change ${order.state} to ${state}`);
  }
  return toDecision({ ...draft, next: finish(draft.next, order, now) });
}

export function toDecision<Of extends Order>(draft: Draft<Of>): Decision<Of> {
  return {
    ...draft,
    postings: draft.postings ?? [],
    keys: draft.keys ?? [],
    cases: draft.cases ?? [],
    effects: draft.effects ?? [],
  };
}

function finish<Of extends Order>(next: Of, before: Of, now: number): Of {
  const stamped = { ...next, version: before.version + 1, updatedAt: now };
  if (isFinal(next.state)) return { ...stamped, deadlineAt: null, wakeAt: null };
  const { deadlineAt, wakeAt } = next;
  if (deadlineAt === null || wakeAt === null) {
    throw new Error(`${next.kind}: ${next.state} has no deadline or no wake-up time`);
  }
  return { ...stamped, wakeAt: Math.min(wakeAt, deadlineAt) };
}
