import type { Decision } from "../decision.ts";
import type { Order } from "../order.ts";

/** `settled: false`: the answer was not definite, so the same evidence is judged again later. */
export type LateVerdict = { readonly decision: Decision; readonly settled: boolean };

export function unchanged(order: Order): Decision {
  return { next: order, postings: [], keys: [], cases: [], effects: [] };
}

export function nothing(order: Order): LateVerdict {
  return { decision: unchanged(order), settled: true };
}
