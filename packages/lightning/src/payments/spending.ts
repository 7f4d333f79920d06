import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { PaymentStore } from "../runtime/payment-store.ts";
import type { OutboundPayment } from "../model/payment.ts";

/** What outbound payments that are not final may cost, fees at their limit. */
export function outstanding(payments: PaymentStore): Msat {
  const open = payments.open().filter((payment) => payment.direction === "outbound");
  return msat(open.reduce((sum, payment) => sum + payment.amountMsat + payment.maxFeeMsat, 0n));
}

/** Outbound payments begun since then that succeeded or are under way, fees at their limit until known. */
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
    const page = await payments.list(before, 200);
    for (const payment of page) {
      if (payment.createdAt < sinceMs) return msat(sum);
      if (payment.direction === "outbound") count(payment);
    }
    before = page.at(-1)?.number;
    if (before === undefined) return msat(sum);
  }
}
