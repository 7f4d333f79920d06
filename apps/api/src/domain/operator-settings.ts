import type { OperatorLimits } from "./order-limits.ts";
import type { OrderKind } from "./order.ts";
import { operatorDefaults } from "./policy.ts";

/** The terms of trade that the operator sets by configuration (`config.ts`). They apply to new quotes and orders. */
export type OperatorSettings = {
  /** Margin on the median price: 10,000 is 1 %. */
  readonly spreadPartsPerMillion: bigint;
  readonly quoteLifetimeMs: Readonly<Record<OrderKind, number>>;
  readonly limits: OperatorLimits;
};

export const defaultOperatorSettings: OperatorSettings = {
  spreadPartsPerMillion: BigInt(operatorDefaults.spreadPartsPerMillion.default),
  quoteLifetimeMs: {
    buy: operatorDefaults.buyQuoteLifetimeSeconds.default * 1_000,
    sell: operatorDefaults.sellQuoteLifetimeSeconds.default * 1_000,
  },
  limits: { min: null, max: null, dailyMax: null },
};
