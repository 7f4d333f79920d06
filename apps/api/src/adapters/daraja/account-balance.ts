import { randomUUIDv7 } from "node:crypto";
import type { CallbackKind } from "../../app/callbacks.ts";
import type { MpesaBalance, MpesaFigures } from "../../app/reconciliation/ports.ts";
import type { Daraja } from "./daraja.ts";
import { readBalanceResult } from "./messages.ts";

export type DarajaBalance = MpesaBalance & {
  /** Takes the body of a balance callback. `requestId` comes from the callback's URL. */
  readonly receive: (requestId: string, body: string) => void;
};

const maxWaitMs = 30_000;

/** Balances of the payout shortcode. Callbacks are not stored: a lost one only delays the next comparison. */
export function createDarajaBalance(
  requestBalance: Daraja["requestBalance"],
  urlFor: (kind: CallbackKind, id: string) => string,
): DarajaBalance {
  const waiting = new Map<string, (figures: MpesaFigures | null) => void>();

  return {
    query: async () => {
      const requestId = randomUUIDv7();
      const { promise, resolve } = Promise.withResolvers<MpesaFigures | null>();
      waiting.set(requestId, resolve);
      const timer = setTimeout(() => resolve(null), maxWaitMs);
      try {
        const requested = await requestBalance({
          resultUrl: urlFor("balance", requestId),
          timeoutUrl: urlFor("balance-timeout", requestId),
        });
        return requested.ok ? { ok: true, value: await promise } : requested;
      } finally {
        clearTimeout(timer);
        waiting.delete(requestId);
      }
    },
    receive: (requestId, body) => {
      const balances = readBalanceResult(body);
      const utilityCents = balances?.get("Utility Account");
      if (balances === null || utilityCents === undefined) return;
      waiting.get(requestId)?.({
        utilityCents,
        chargesCents: balances.get("Charges Paid Account") ?? 0n,
      });
    },
  };
}
