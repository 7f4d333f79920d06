import type { Effect } from "../../domain/effects.ts";
import type { Order } from "../../domain/order.ts";
import type { Payout } from "../../domain/payout.ts";
import { checkStops } from "../../domain/stops.ts";
import type { StopCode, Stops } from "../../domain/stops.ts";

/**
 * How a stop changes the call of an effect: `refuse` answers it with a failure that happened before any call, and `query`
 * asks M-Pesa for the payout's status instead of sending it again; null makes the call.
 *
 * A prompt that has not been sent is refused by every stop. A payout that M-Pesa cannot have received is refused for a
 * stopped wallet or phone, which returns the sats of a sell, and waits for a stopped rail as for one that is down. Refunds
 * of buys are paid whatever wallet or phone is stopped: the shillings are the customer's own. A payout that M-Pesa may
 * have received is never given up because of a stop.
 */
export function stoppedEffect(
  stops: Stops,
  order: Order,
  effect: Effect,
): { readonly refuse: StopCode; readonly retry: "never" | "safe" } | "query" | null {
  switch (effect.type) {
    case "push_prompt": {
      const allowed = checkStops(stops, { ...order, kind: "buy" });
      return allowed.ok ? null : { refuse: allowed.error.code, retry: "never" };
    }
    case "send_payout": {
      const { perhapsSent, arrived, msisdn } = activePayout(order);
      const railStopped = stops.rails.has("mpesa_b2c");
      if (perhapsSent || arrived) return stops.payoutResends || railStopped ? "query" : null;
      if (order.kind === "sell" && stops.wallets.has(order.walletId)) {
        return { refuse: "wallet_stopped", retry: "never" };
      }
      if (order.kind === "sell" && stops.phones.has(msisdn)) {
        return { refuse: "phone_stopped", retry: "never" };
      }
      return railStopped ? { refuse: "rail_stopped", retry: "safe" } : null;
    }
    default:
      return null;
  }
}

/** The payout that is under way: an open refund's, otherwise the order's own. */
export function activePayout({ caseFile, payout }: Order): Payout {
  return caseFile.refund?.status === "open" ? caseFile.refund.payout : payout;
}
