import type { PaymentEvent } from "@satsconnect/contracts/grpc/payment";
import type { LightningReport } from "../../domain/facts.ts";
import { lightningReport } from "./lightning.ts";
import type { Logger } from "../../app/logger.ts";
import type { WalletInvoiceState, WalletPaymentStore } from "../../app/wallet/payment-store.ts";

export type PaymentNewsOptions = {
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

/** Takes one of the engine's payment events in: into a wallet's held invoice, or into the order that it belongs to. */
export function takePaymentEvent(
  options: PaymentNewsOptions,
): (event: PaymentEvent) => Promise<void> {
  const { walletPayments, onPaymentEvent, now, log } = options;
  return async ({ sequence, payment, tipHeight }) => {
    const report = payment === undefined ? null : lightningReport(payment, tipHeight);
    if (report === null) {
      // Whoever waits for this payment asks for its status anyway.
      log.error({ sequence: String(sequence) }, "an event of the engine cannot be understood");
      return;
    }
    const state = report.direction === "inbound" ? invoiceStates[report.state] : undefined;
    if (state !== undefined) await walletPayments.advanceInvoice(report.paymentHash, state, now());
    await onPaymentEvent(report);
  };
}
