import { randomUUIDv7 } from "node:crypto";
import type { Result } from "@satsconnect/money";
import type { MpesaFigures } from "../../app/reconciliation/bookings.ts";
import type { Daraja } from "./daraja.ts";
import { readBalanceResult } from "./messages.ts";
import type { CallbackKind } from "./callback-addresses.ts";

export type MpesaBalance = {
  /** Asks M-Pesa and waits for its callback. Null when none came in time: ask again later. */
  readonly ask: () => Promise<Result<MpesaFigures | null>>;
  /** Takes a balance callback's bytes; the id is the one in its address. */
  readonly receive: (requestId: string, body: string) => void;
};

const waitMs = 30_000;

/** The balances of the payout shortcode. They arrive by callback, and nothing but a comparison hangs on them. */
export function createMpesaBalance(
  requestBalance: Daraja["requestBalance"],
  urlFor: (kind: CallbackKind, id: string) => string,
): MpesaBalance {
  const waiting = new Map<string, (figures: MpesaFigures | null) => void>();

  return {
    ask: async () => {
      const requestId = randomUUIDv7();
      const { promise, resolve } = Promise.withResolvers<MpesaFigures | null>();
      waiting.set(requestId, resolve);
      const timer = setTimeout(() => resolve(null), waitMs);
      try {
        const asked = await requestBalance({
          resultUrl: urlFor("balance", requestId),
          timeoutUrl: urlFor("balance-timeout", requestId),
        });
        return asked.ok ? { ok: true, value: await promise } : asked;
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
