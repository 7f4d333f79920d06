import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { PaymentStore } from "../runtime/payment-store.ts";

/** Upper bound on the cost of all outbound payments that are not final, with fees at their maximum; only those to `payee`, if given. */
export function outstanding(payments: PaymentStore, payee?: string | null): Msat {
  const open = payments
    .open()
    .filter((payment) => payment.direction === "outbound")
    .filter((payment) => payee === undefined || payment.payee === payee);
  return msat(open.reduce((sum, payment) => sum + payment.amountMsat + payment.maxFeeMsat, 0n));
}
