import type { CoreError, PaymentFailure } from "../core/generated/index.ts";
import type { OutboundFailure, OutboundPayment } from "../model/payment.ts";

/** Failure of a payment whose invoice expired while it was pending, from what it was waiting for. */
export function expiredWhile(waitingFor: OutboundPayment["waitingFor"]): OutboundFailure {
  if (waitingFor === "peer") return "recipientOffline";
  if (waitingFor === "channel") return "channelOpenFailed";
  return "invoiceExpired";
}

/** Failure of a payment that the core refused to send. Nothing was sent. */
export function refusalOf(error: CoreError): OutboundFailure {
  switch (error.code) {
    case "routeNotFound":
      return "noRoute";
    case "expired":
      return "invoiceExpired";
    case "insufficientFunds":
      return "insufficientFunds";
    default:
      return "requestNotUsable";
  }
}

/** Failure of a payment that the core tried to send. */
export function failureOf(reason: PaymentFailure): OutboundFailure {
  switch (reason) {
    case "recipientRejected":
      return "recipientRejected";
    case "abandoned":
      return "abandoned";
    case "expired":
      return "invoiceExpired";
    case "routeNotFound":
      return "noRoute";
    case "invoiceNotUsable":
      return "requestNotUsable";
    case "retriesExhausted":
    case "unexpected":
      return "retriesExhausted";
  }
}
