import { randomUUIDv7 } from "node:crypto";
import type { CallbackKind } from "../../app/callbacks.ts";
import type { MpesaBalance, MpesaFigures } from "../../app/reconciliation/ports.ts";
import type { Daraja } from "./daraja.ts";
import { readBalanceResult } from "./messages.ts";

export type DarajaBalance = MpesaBalance & {
  /** Completes the query that waits for this balance callback. `requestId` is from the callback's URL. */
  readonly receive: (requestId: string, body: string) => void;
};

const maxWaitMs = 30_000;

/** Balances of the payout shortcode. Callbacks are not stored: a lost one only delays the next comparison. */
export function createDarajaBalance(
  requestBalance: Daraja["requestBalance"],
  urlFor: (kind: CallbackKind, id: string) => string,
): DarajaBalance {
  const pending = new Map<string, (figures: MpesaFigures | null) => void>();

  return {
    query: async () => {
      const requestId = randomUUIDv7();
      const { promise, resolve } = Promise.withResolvers<MpesaFigures | null>();
      pending.set(requestId, resolve);
      const timer = setTimeout(() => resolve(null), maxWaitMs);
      try {
        const requested = await requestBalance({
          resultUrl: urlFor("balance", requestId),
          timeoutUrl: urlFor("balance-timeout", requestId),
        });
        return requested.ok ? { ok: true, value: await promise } : requested;
      } finally {
        clearTimeout(timer);
        pending.delete(requestId);
      }
    },
    receive: (requestId, body) => {
      const balances = readBalanceResult(body);
      const utilityCents = balances?.get("Utility Account");
      if (balances === null || utilityCents === undefined) return;
      pending.get(requestId)?.({
        utilityCents,
        chargesCents: balances.get("Charges Paid Account") ?? 0n,
      });
    },
  };
}
