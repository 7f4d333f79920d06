import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { CurrentPrice } from "../../domain/facts.ts";
import type { OperatorSettings } from "../../domain/operator-settings.ts";
import type { OrderKind } from "../../domain/order.ts";
import type { PriceSource } from "../../domain/quote.ts";
import type { RateSource } from "./ports.ts";

/** The holder's current price: the median and the operator's spread. */
export type Prices = {
  readonly current: (
    kind: OrderKind,
  ) => Promise<
    Result<CurrentPrice & { readonly sources: readonly PriceSource[] }, "rates_unavailable">
  >;
};

/** The only place where the spread and the lifetime of quotes are read: for quotes, and for orders that get a new price. */
export function createPrices({
  rates,
  settings,
}: {
  readonly rates: RateSource;
  readonly settings: Pick<OperatorSettings, "spreadPartsPerMillion" | "quoteLifetimeMs">;
}): Prices {
  return {
    current: async (kind) => {
      const price = await rates.current();
      if (!price.ok) return price;
      const { rate, extraSpreadPartsPerMillion, sources } = price.value;
      return ok({
        rate,
        spreadPartsPerMillion: settings.spreadPartsPerMillion + extraSpreadPartsPerMillion,
        validForMs: settings.quoteLifetimeMs[kind],
        sources,
      });
    },
  };
}
