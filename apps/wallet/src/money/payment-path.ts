import type { PaymentView } from "@satsconnect/wallet/client";
import type { Step } from "../design/money-path.tsx";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import { clock, deadline, satsFigure } from "./format.ts";

/** After this long without an answer a payment is shown as unknown, never as failed. */
export const unknownAfterMs = 60_000;

export type PaymentStatus = "moving" | "waiting" | "unknown" | "done" | "failed";

/** The status of a payment as shown. `waiting`: stored but not sent, because there is no connection. */
export function paymentStatus(payment: PaymentView, now: number): PaymentStatus {
  if (payment.state === "done") return "done";
  if (payment.state === "ended") return "failed";
  if (payment.direction === "outbound" && ["pending", "queued"].includes(payment.nodeState))
    return "waiting";
  return now - payment.createdAt > unknownAfterMs ? "unknown" : "moving";
}

/** Explains why a payment of this wallet failed. In every case nothing was paid. */
export function paymentFailureMessage(failure: string | null, words: MoneyWords): string {
  const { send } = words;
  switch (failure) {
    case "invoiceExpired":
      return send.expired;
    case "recipientRejected":
    case "recipientOffline":
    case "requestNotUsable":
      return send.refusedByThem;
    case "insufficientFunds":
    case "capExceeded":
      return send.notEnough;
    default:
      return send.noRoute;
  }
}

/** The money path of a Lightning payment. */
export function paymentPath(
  payment: PaymentView,
  to: string,
  now: number,
  words: MoneyWords,
): readonly Step[] {
  const { path, send, units } = words;
  const sats = satsFigure(BigInt(payment.amountMsat ?? "0"));
  const began = clock(payment.createdAt);
  const ended = payment.finishedAt === null ? "" : clock(payment.finishedAt);
  const status = paymentStatus(payment, now);
  switch (status) {
    case "failed":
      return [
        {
          key: "lightning",
          state: "refused",
          time: ended,
          place: path.lightning,
          detail: paymentFailureMessage(payment.failure, words),
        },
        {
          key: "back",
          state: "arrived",
          time: ended,
          place: path.stayedOnPhone,
          detail: path.satsBackDone(sats),
        },
      ];
    case "waiting":
      return [
        {
          key: "phone",
          // Nothing moves yet: the teeth are hollow and stand still.
          state: "waits",
          time: units.now,
          place: path.thisPhone,
          detail:
            payment.nodeState === "queued" && payment.expiresAt !== null
              ? send.waitsUntil(deadline(payment.expiresAt, now, words.days))
              : send.queuedOffline,
        },
        {
          key: "lightning",
          state: "next",
          time: "",
          place: path.lightning,
          detail: `${send.arrives} ${send.arrivesValue}`,
        },
        { key: "to", state: "next", time: "", place: to, detail: words.sats(sats) },
      ];
    case "done":
      return [
        {
          key: "phone",
          state: "done",
          time: began,
          place: path.leftThisPhone,
          detail: words.sats(sats),
        },
        { key: "to", state: "arrived", time: ended, place: to, detail: words.sats(sats) },
      ];
    case "moving":
    case "unknown":
      return [
        {
          key: "phone",
          state: "done",
          time: began,
          place: path.leftThisPhone,
          detail: words.sats(sats),
        },
        {
          key: "lightning",
          state: status === "unknown" ? "late" : "moving",
          time: status === "unknown" ? units.late : units.now,
          place: path.lightning,
          detail: status === "unknown" ? send.unknownDetail : send.onTheWayDetail,
        },
        { key: "to", state: "next", time: "", place: to, detail: words.sats(sats) },
      ];
  }
}
