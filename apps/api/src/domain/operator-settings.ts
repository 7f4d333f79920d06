import type { OperatorLimits } from "./order-limits.ts";
import type { OrderKind } from "./order.ts";
import { operatorDefaults } from "./policy.ts";
import { noStops } from "./stops.ts";
import type { Stops } from "./stops.ts";

/**
 * The terms of trade that the operator sets: by configuration (`config.ts`), and over that by switches (`switches.ts`).
 * They apply to new quotes and orders. In a running api the values change at any time, so read them where they are used
 * and never keep a copy.
 */
export type OperatorSettings = {
  /** Margin on the median price: 10,000 is 1 %. */
  readonly spreadPartsPerMillion: bigint;
  readonly quoteLifetimeMs: Readonly<Record<OrderKind, number>>;
  readonly limits: OperatorLimits;
  /** The business that the operator has stopped. */
  readonly stops: Stops;
};

export const defaultOperatorSettings: OperatorSettings = {
  spreadPartsPerMillion: BigInt(operatorDefaults.spreadPartsPerMillion.default),
  quoteLifetimeMs: {
    buy: operatorDefaults.buyQuoteLifetimeSeconds.default * 1_000,
    sell: operatorDefaults.sellQuoteLifetimeSeconds.default * 1_000,
  },
  limits: { min: null, max: null, dailyMax: null },
  stops: noStops,
};
