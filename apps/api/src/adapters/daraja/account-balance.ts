import { randomUUIDv7 } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Result } from "@satsconnect/money";
import { ok } from "@satsconnect/money";
import type { CallbackKind } from "../../app/callbacks.ts";
import type {
  BalanceRequests,
  MpesaBalance,
  ShortcodeFigures,
} from "../../app/reconciliation/ports.ts";
import type { Daraja } from "./daraja.ts";
import { readBalanceResult } from "./messages.ts";

export type DarajaBalance = MpesaBalance & {
  /** Stores the answer to a balance request. `requestId` is from the callback's URL. */
  readonly receive: (requestId: string, body: string) => Promise<void>;
};

export type BalanceOptions = {
  readonly requestBalance: Daraja["requestBalance"];
  readonly urlFor: (kind: CallbackKind, id: string) => string;
  readonly requests: BalanceRequests;
  readonly payoutShortcode: string;
  readonly collectingShortcode: string;
  /** How long to wait for an answer; 30 s by default. */
  readonly maxWaitMs?: number;
};

/** How often to look whether the answer has arrived, in this process or another one. */
const lookEveryMs = 200;

/**
 * Balances of the operator's shortcodes. Answers are stored, because M-Pesa's callback may reach another process than the
 * one that waits. A lost callback only delays the next comparison.
 */
export function createDarajaBalance({
  requestBalance,
  urlFor,
  requests,
  payoutShortcode,
  collectingShortcode,
  maxWaitMs = 30_000,
}: BalanceOptions): DarajaBalance {
  async function balancesOf(
    shortcode: string,
    maxAgeMs: number,
  ): Promise<Result<ShortcodeFigures | null>> {
    const newId = randomUUIDv7();
    const requestId = await requests.share(newId, shortcode, maxAgeMs);
    if (requestId === newId) {
      const requested = await requestBalance({
        shortcode,
        resultUrl: urlFor("balance", requestId),
        timeoutUrl: urlFor("balance-timeout", requestId),
      });
      if (!requested.ok) return requested;
    }
    const waitUntil = performance.now() + maxWaitMs;
    for (;;) {
      const answer = await requests.find(requestId);
      if (answer !== null) return ok(figuresOf(answer));
      if (performance.now() >= waitUntil) return ok(null);
      await sleep(lookEveryMs);
    }
  }

  return {
    query: async (maxAgeMs) => {
      const shared = payoutShortcode === collectingShortcode;
      const [payouts, collections] = await Promise.all([
        balancesOf(payoutShortcode, maxAgeMs),
        shared ? ok(null) : balancesOf(collectingShortcode, maxAgeMs),
      ]);
      if (!payouts.ok) return payouts;
      if (payouts.value === null) return ok(null);
      // A shortcode whose balances may not be queried is left out, but one that did not answer is asked again.
      if (!collections.ok && collections.error.retry !== "never") return collections;
      if (!shared && collections.ok && collections.value === null) return ok(null);
      return ok({
        payouts: payouts.value,
        collections: collections.ok ? collections.value : null,
      });
    },
    receive: async (requestId, body) => {
      const balances = readBalanceResult(body);
      if (balances?.get("Utility Account") === undefined) return;
      await requests.answer(requestId, balances);
    },
  };
}

function figuresOf(balances: ReadonlyMap<string, bigint>): ShortcodeFigures {
  return {
    utilityCents: balances.get("Utility Account") ?? 0n,
    workingCents: balances.get("Working Account") ?? 0n,
    chargesCents: balances.get("Charges Paid Account") ?? 0n,
  };
}
