import { FailureReason, PaymentDirection, PaymentState } from "@satsconnect/contracts/grpc/payment";
import type { Payment as WirePayment } from "@satsconnect/contracts/grpc/payment";
import type { OutboundFailure, Payment } from "@satsconnect/lightning";

const failures: Readonly<Record<OutboundFailure, FailureReason>> = {
  invoiceExpired: FailureReason.INVOICE_EXPIRED,
  noRoute: FailureReason.NO_ROUTE,
  recipientRejected: FailureReason.RECIPIENT_REJECTED,
  recipientOffline: FailureReason.RECIPIENT_OFFLINE,
  capExceeded: FailureReason.CAP_EXCEEDED,
  insufficientFunds: FailureReason.TREASURY_EMPTY,
  retriesExhausted: FailureReason.RETRIES_EXHAUSTED,
  channelOpenFailed: FailureReason.CHANNEL_OPEN_FAILED,
  abandoned: FailureReason.RETRIES_EXHAUSTED,
  requestNotUsable: FailureReason.RECIPIENT_REJECTED,
};

function stateOf(payment: Payment): PaymentState {
  switch (payment.state) {
    case "open":
      return PaymentState.OPEN;
    case "held":
    // Failing it back has been decided, but it counts as returned only once the HTLC is gone.
    case "returning":
      return PaymentState.HELD;
    case "claiming":
      return PaymentState.CLAIMING;
    case "claimed":
    case "succeeded":
      return PaymentState.SUCCEEDED;
    case "returned":
      return PaymentState.RETURNED;
    case "expired":
      return PaymentState.EXPIRED;
    case "pending":
      return PaymentState.PENDING;
    case "inFlight":
      return PaymentState.IN_FLIGHT;
    case "failed":
      return PaymentState.FAILED;
  }
}

/** Prefix of the node's keys for invoices, so that a caller may use the same key for an invoice and a payment. */
export const invoiceKeyPrefix = "invoice/";

/** Converts the node's payment to the contract's message. */
export function wirePayment(payment: Payment): WirePayment {
  const outbound = payment.direction === "outbound";
  const key = payment.idempotencyKey ?? "";
  return {
    paymentHash: payment.paymentHash,
    direction: outbound ? PaymentDirection.OUTBOUND : PaymentDirection.INBOUND,
    state: stateOf(payment),
    amountMsat: payment.amountMsat ?? 0n,
    receivedMsat: outbound ? 0n : (payment.receivedMsat ?? 0n),
    feeMsat: outbound ? (payment.feeMsat ?? 0n) : 0n,
    failureReason:
      outbound && payment.failure !== null ? failures[payment.failure] : FailureReason.UNSPECIFIED,
    claimDeadlineHeight: outbound ? 0 : (payment.claimDeadlineHeight ?? 0),
    idempotencyKey: key.startsWith(invoiceKeyPrefix) ? key.slice(invoiceKeyPrefix.length) : key,
    updatedAtMs: BigInt(payment.updatedAt),
    invoiceExpiresAtMs: BigInt(payment.expiresAt ?? 0),
    channelOpened: outbound && payment.channelOpened === true,
  };
}
