import type { Fiat } from "@satsconnect/money";
import type { Order, OrderKind, OrderState } from "./order.ts";

/** Codes of the limits that can refuse an order, in the order in which they are checked. */
export type LimitCode =
  | "daily_limit_exceeded"
  | "monthly_limit_exceeded"
  | "new_device_limit_exceeded"
  | "new_number_limit_exceeded"
  | "phone_limit_exceeded"
  | "too_many_orders"
  | "too_many_open_orders"
  | "number_unproven"
  | "too_many_new_numbers"
  | "number_prompted_too_often";

/** One limit that applies to a wallet's next order, and how much of it is used. Amounts in cents. */
export type TradeLimit = {
  readonly code: LimitCode;
  /** The row of `limit_tiers` that sets it, and why that row exists. */
  readonly tier: string;
  readonly reason: string;
  /** An order is refused if it would exceed this sum; null if the limit counts orders. */
  readonly amount: { readonly max: bigint; readonly used: bigint } | null;
  /** An order is refused once this many are counted; null if the limit is a sum. */
  readonly count: { readonly max: number; readonly used: number } | null;
};

/** Whose limits to look up. `railDailyMax`: what M-Pesa and the configuration allow a person per day. */
export type LimitQuery = {
  readonly walletId: string;
  readonly deviceId: string | null;
  readonly msisdn: string | null;
  readonly kind: OrderKind;
  readonly at: number;
  readonly railDailyMax: Fiat<"KES">;
  /** Multiplies how many orders are allowed; 1 except under load tests. */
  readonly countFactor?: number;
};

/** The first limit that an order of this amount would exceed; null if there is none. */
export function exceededLimit(limits: readonly TradeLimit[], amount: bigint): TradeLimit | null {
  const exceeds = (limit: TradeLimit): boolean =>
    (limit.amount !== null && limit.amount.used + amount > limit.amount.max) ||
    (limit.count !== null && limit.count.used >= limit.count.max);
  return limits.find(exceeds) ?? null;
}

/** Failures of a sell by the holder's doing, after its payment was held. */
const ownFailures: ReadonlySet<string> = new Set([
  "amount_mismatch",
  "paid_too_late",
  "hold_too_short",
]);

/**
 * Whether an order uses up limits: not if it ended without an exchange, unless it failed by the holder's doing after its
 * payment was held. SQL: `order_counts`.
 */
export function countsTowardLimits({ kind, state, reason }: Order): boolean {
  if (state !== "cancelled" && state !== "expired") return true;
  if (kind !== "sell" || state !== "cancelled" || reason === null) return false;
  return reason.startsWith("mpesa_") || ownFailures.has(reason);
}

const paidBuyStates: ReadonlySet<OrderState> = new Set<OrderState>([
  "kes_received",
  "paying",
  "invoice_needed",
  "paid",
  "refunding",
  "refunded",
]);
const unpaidSellStates: ReadonlySet<OrderState> = new Set<OrderState>([
  "invoice_open",
  "returning",
  "cancelled",
  "expired",
]);

/**
 * Whether the phone number took part, so that nobody uses up the limit of a stranger's number by asking for its money.
 * SQL: `order_involves_number`.
 */
export function involvesNumber({ kind, state }: Order): boolean {
  return kind === "buy" ? paidBuyStates.has(state) : !unpaidSellStates.has(state);
}
