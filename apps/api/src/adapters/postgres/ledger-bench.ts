import { randomUUID } from "node:crypto";
import type { Database } from "@satsconnect/postgres";
import { createLedger } from "./ledger.ts";
import type { Journal } from "../../app/reconciliation/ports.ts";

/**
 * Posts balanced journals in batches from several concurrent writers, all to the same treasury account. Returns committed
 * journals per second.
 */
export async function benchLedgerPostings(
  database: Database,
  options: { readonly seconds: number; readonly writers: number; readonly batch: number },
): Promise<number> {
  const ledger = createLedger(database);
  const endsAt = performance.now() + options.seconds * 1_000;
  const startedAt = performance.now();
  let posted = 0;
  const writers = Array.from({ length: options.writers }, async () => {
    while (performance.now() < endsAt) {
      const journals: Journal[] = Array.from({ length: options.batch }, () => ({
        reference: randomUUID(),
        kind: "bench",
        entries: [
          { account: "treasury", currency: "MSAT", amount: 1_000n },
          { account: "exchange_msat", currency: "MSAT", amount: -1_000n },
        ],
      }));
      posted += await ledger.post(journals, Date.now());
    }
  });
  await Promise.all(writers);
  return posted / ((performance.now() - startedAt) / 1_000);
}
