import { buyStates, sellStates } from "./order.ts";
import type { BuyState, OrderKind, OrderState, SellState } from "./order.ts";

/**
 * The system that an order's next step most likely calls. The sweeper wakes each lane on its own, so that a system that
 * hangs delays no order of another lane.
 */
export const lanes = ["collection", "payout", "lightning"] as const;
export type Lane = (typeof lanes)[number];

/** An ended order is woken for late evidence, which is about what it last waited for. */
const ofBuys: Readonly<Record<BuyState, Lane>> = {
  stk_requested: "collection",
  stk_unknown: "collection",
  cancelled: "collection",
  expired: "collection",
  kes_received: "lightning",
  paying: "lightning",
  paid: "lightning",
  invoice_needed: "payout",
  refunding: "payout",
  refunded: "payout",
  case: "payout",
};
const ofSells: Readonly<Record<SellState, Lane>> = {
  invoice_open: "lightning",
  payout_confirmed: "lightning",
  returning: "lightning",
  protective_claim: "lightning",
  refunding: "lightning",
  refunded: "lightning",
  expired: "lightning",
  cancelled: "lightning",
  held: "payout",
  payout_requested: "payout",
  payout_unknown: "payout",
  owed: "payout",
  claimed: "payout",
  case: "payout",
};

export function laneOf(kind: OrderKind, state: OrderState): Lane {
  return kind === "buy" ? ofBuys[state as BuyState] : ofSells[state as SellState];
}

/** The states of a lane, as `buy paying`. */
export function statesOf(lane: Lane): readonly string[] {
  return [
    ...buyStates.filter((state) => ofBuys[state] === lane).map((state) => `buy ${state}`),
    ...sellStates.filter((state) => ofSells[state] === lane).map((state) => `sell ${state}`),
  ];
}
