import type { CaseNote, Effect, UniqueKey } from "./effects.ts";
import type { Fact, FactType } from "./facts.ts";
import { isFinal } from "./order.ts";
import type { Order, OrderState } from "./order.ts";
import type { Posting } from "./postings.ts";

/** All that one fact does to an order. Stored in one transaction, then the effects are carried out. */
export type Decision<Of extends Order = Order> = {
  readonly next: Of;
  readonly postings: readonly Posting[];
  readonly keys: readonly UniqueKey[];
  readonly cases: readonly CaseNote[];
  readonly effects: readonly Effect[];
};

/** What a rule gives; what it leaves out stays as it is. */
export type Draft<Of extends Order> = {
  readonly next: Of;
  readonly postings?: readonly Posting[];
  readonly keys?: readonly UniqueKey[];
  readonly cases?: readonly CaseNote[];
  readonly effects?: readonly Effect[];
};

type FactOf<Type extends FactType> = Extract<Fact, { readonly type: Type }>;

/** What one state makes of one kind of fact. `to` lists every other state that it can lead to, with its reason. */
export type Rule<Of extends Order, Type extends FactType = FactType> = {
  readonly to: { readonly [State in Of["state"]]?: string };
  /** Null: the fact changes nothing. */
  readonly decide: (order: Of, fact: FactOf<Type>, now: number) => Draft<Of> | null;
};

export type Table<Of extends Order> = {
  readonly [State in Of["state"]]: { readonly [Type in FactType]?: Rule<Of, Type> };
};

/**
 * Looks the rule up and applies it. Null when the fact changes nothing.
 * @throws Error when a rule leads where its `to` does not, or leaves an open order without an end: a bug in the table.
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
    throw new Error(`${order.kind}: ${order.state} may not become ${state} by ${fact.type}`);
  }
  return {
    next: finish(draft.next, order, now),
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
    throw new Error(`${next.kind}: ${next.state} has no deadline or no time to be woken`);
  }
  return { ...stamped, wakeAt: Math.min(wakeAt, deadlineAt) };
}
