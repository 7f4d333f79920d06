import type { CoreError, PaymentFailure } from "../core/generated/index.ts";
import type { OutboundFailure, OutboundPayment } from "../model/payment.ts";

/** Why a payment whose time ended before it was sent has failed, by what it waited for. */
export function expiredWhile(waitingFor: OutboundPayment["waitingFor"]): OutboundFailure {
  if (waitingFor === "peer") return "recipientOffline";
  if (waitingFor === "channel") return "channelOpenFailed";
  return "invoiceExpired";
}

/** The core's answer to the command: nothing of the payment was sent. */
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

/** The core's last word on a payment that it had tried to send. */
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
