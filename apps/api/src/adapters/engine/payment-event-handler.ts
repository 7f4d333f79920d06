import type { PaymentEvent } from "@satsconnect/contracts/grpc/payment";
import type { LightningReport } from "../../domain/facts.ts";
import { lightningReport } from "./lightning.ts";
import type { Logger } from "../../app/logger.ts";
import type { WalletInvoiceState, WalletPaymentStore } from "../../app/wallet/payment-store.ts";

export type PaymentEventHandlerOptions = {
  readonly walletPayments: Pick<WalletPaymentStore, "advanceInvoice">;
  readonly onPaymentEvent: (report: LightningReport) => Promise<void>;
  readonly now: () => number;
  readonly log: Logger;
};

const invoiceStates: Partial<Record<LightningReport["state"], WalletInvoiceState>> = {
  held: "held",
  succeeded: "claimed",
  returned: "returned",
  expired: "expired",
};

/**
 * Applies each payment event to the wallet's hold invoice and the order with its payment hash, if they exist.
 * Idempotent.
 */
export function createPaymentEventHandler(
  options: PaymentEventHandlerOptions,
): (event: PaymentEvent) => Promise<void> {
  const { walletPayments, onPaymentEvent, now, log } = options;
  return async ({ sequence, payment, tipHeight }) => {
    const report = payment === undefined ? null : lightningReport(payment, tipHeight);
    if (report === null) {
      // Safe to skip: orders also poll the status of their payments.
      log.error(
        { sequence: String(sequence) },
        "payment event with an unknown state or direction skipped",
      );
      return;
    }
    const state = report.direction === "inbound" ? invoiceStates[report.state] : undefined;
    if (state !== undefined) await walletPayments.advanceInvoice(report.paymentHash, state, now());
    await onPaymentEvent(report);
  };
}
