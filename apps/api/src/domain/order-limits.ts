import { inForce, mpesaB2cLimits, mpesaStkLimits } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { OrderKind } from "./order.ts";

/** Bounds of one order's shillings, and the maximum that a wallet may trade per day (Nairobi time), for each kind. */
export type OrderLimits = {
  readonly min: Fiat<"KES">;
  readonly max: Fiat<"KES">;
  readonly dailyMax: Fiat<"KES">;
};

/** The operator's own limits. They can only narrow M-Pesa's; null leaves M-Pesa's limit. */
export type OperatorLimits = { readonly [Name in keyof OrderLimits]: Fiat<"KES"> | null };

/**
 * The limits of a buy or a sell: M-Pesa's limits for the rail, narrowed by the operator's. A buy also has the payout's
 * minimum, because a buy that cannot be delivered is refunded by payout.
 */
export function orderLimits(kind: OrderKind, now: number, operator: OperatorLimits): OrderLimits {
  const payout = inForce(mpesaB2cLimits, now);
  const rail = kind === "sell" ? payout : inForce(mpesaStkLimits, now);
  return {
    min: larger(larger(rail.min, payout.min), operator.min),
    max: smaller(rail.max, operator.max),
    dailyMax: smaller(rail.dailyMax, operator.dailyMax),
  };
}

function larger(left: Fiat<"KES">, right: Fiat<"KES"> | null): Fiat<"KES"> {
  return right !== null && right > left ? right : left;
}

function smaller(left: Fiat<"KES">, right: Fiat<"KES"> | null): Fiat<"KES"> {
  return right !== null && right < left ? right : left;
}
