import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { OutboundPayment } from "../model/payment.ts";
import type { PaymentStore } from "../runtime/payment-store.ts";

const pageSize = 200;

/** Upper bound on the cost of all outbound payments that are not final, with fees at their maximum. */
export function outstanding(payments: PaymentStore): Msat {
  const open = payments.open().filter((payment) => payment.direction === "outbound");
  return msat(open.reduce((sum, payment) => sum + payment.amountMsat + payment.maxFeeMsat, 0n));
}

/**
 * Cost of the outbound payments created since then that succeeded or are not final, with fees at their maximum until
 * they are known.
 */
export async function spentSince(payments: PaymentStore, sinceMs: number): Promise<Msat> {
  let sum = 0n;
  const counted = new Set<number>();
  const count = (payment: OutboundPayment): void => {
    if (payment.state === "failed" || counted.has(payment.number)) return;
    counted.add(payment.number);
    sum += payment.amountMsat + (payment.feeMsat ?? payment.maxFeeMsat);
  };
  for (const payment of payments.open()) {
    if (payment.direction === "outbound" && payment.createdAt >= sinceMs) count(payment);
  }
  let before: number | undefined;
  for (;;) {
    const page = await payments.list(before, pageSize);
    for (const payment of page) {
      if (payment.createdAt < sinceMs) return msat(sum);
      if (payment.direction === "outbound") count(payment);
    }
    before = page.at(-1)?.number;
    if (before === undefined) return msat(sum);
  }
}
