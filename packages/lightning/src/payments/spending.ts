import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { PaymentBook } from "../runtime/payment-store.ts";
import type { OutboundPayment } from "../model/payment.ts";

/** What outbound payments that are not final may cost, fees at their limit. */
export function underWay(book: PaymentBook): Msat {
  const open = book.open().filter((payment) => payment.direction === "outbound");
  return msat(open.reduce((sum, payment) => sum + payment.amountMsat + payment.feeLimitMsat, 0n));
}

/** Outbound payments begun since then that succeeded or are under way, fees at their limit until known. */
export async function spentSince(book: PaymentBook, sinceMs: number): Promise<Msat> {
  let sum = 0n;
  const counted = new Set<number>();
  const count = (payment: OutboundPayment): void => {
    if (payment.state === "failed" || counted.has(payment.number)) return;
    counted.add(payment.number);
    sum += payment.amountMsat + (payment.feeMsat ?? payment.feeLimitMsat);
  };
  for (const payment of book.open()) {
    if (payment.direction === "outbound" && payment.createdAt >= sinceMs) count(payment);
  }
  let before: number | undefined;
  for (;;) {
    const page = await book.list(before, 200);
    for (const payment of page) {
      if (payment.createdAt < sinceMs) return msat(sum);
      if (payment.direction === "outbound") count(payment);
    }
    before = page.at(-1)?.number;
    if (before === undefined) return msat(sum);
  }
}
