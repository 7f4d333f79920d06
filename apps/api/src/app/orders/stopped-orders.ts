import type { OperatorSettings } from "../../domain/operator-settings.ts";
import { checkStops } from "../../domain/stops.ts";
import type { Business } from "../../domain/stops.ts";
import type { Orders } from "./use-cases.ts";

/**
 * The use cases of orders, which refuse new quotes and orders that the operator has stopped. Everything about an order
 * that is open goes on; repeating the call that opened an order still returns it.
 */
export function withStops(orders: Orders, settings: Pick<OperatorSettings, "stops">): Orders {
  const check = (business: Business) => checkStops(settings.stops, business);
  return {
    ...orders,
    createQuote: async (request) => {
      const allowed = check(request);
      return allowed.ok ? orders.createQuote(request) : allowed;
    },
    openBuy: async (request) => {
      const allowed = check({ ...request, kind: "buy" });
      if (allowed.ok) return orders.openBuy(request);
      const existing = await orders.find(request.walletId, request.orderId);
      return existing === null ? allowed : orders.openBuy(request);
    },
    openSell: async (request) => {
      const allowed = check({ ...request, kind: "sell" });
      if (allowed.ok) return orders.openSell(request);
      const existing = await orders.find(request.walletId, request.orderId);
      return existing === null ? allowed : orders.openSell(request);
    },
  };
}
