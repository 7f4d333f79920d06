import type { Msat } from "@satsconnect/money";

/** The record of one payment of this node. Records are never deleted. Times are milliseconds since 1970. */
export type Payment = OutboundPayment | InboundPayment;

type Common = {
  /** 1, 2, 3, … in the order of creation. */
  readonly number: number;
  /** 32 bytes, hex. For an offer (BOLT 12) this is `paymentId` until the payee's invoice supplies the hash. */
  readonly paymentHash: string;
  /** The caller's idempotency key: one key moves money at most once. */
  readonly idempotencyKey: string | null;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When it reached a final state. */
  readonly finishedAt: number | null;
};

/**
 * `pending` (recorded, not handed to the core yet) → `inFlight` → `succeeded` | `failed`, or `pending` → `failed`. The
 * last two are final.
 */
export type OutboundState = "pending" | "inFlight" | "succeeded" | "failed";

export type OutboundPayment = Common & {
  readonly direction: "outbound";
  readonly kind: "bolt11" | "bolt12";
  readonly state: OutboundState;
  /** The core's id for the payment, 32 bytes, hex. */
  readonly paymentId: string;
  /** The invoice or offer. Must not be logged. */
  readonly request: string;
  /** Node id of the payee, hex; null where the request does not name it. */
  readonly payee: string | null;
  /** Amount for the payee, without fees. */
  readonly amountMsat: Msat;
  /** Largest routing fee the caller allows. */
  readonly maxFeeMsat: Msat;
  /** The exact routing fee paid; null unless it succeeded. */
  readonly feeMsat: Msat | null;
  readonly failure: OutboundFailure | null;
  /** The condition that a `pending` payment waits for: the payee's connection, a channel to it, or any usable channel. */
  readonly waitingFor: "peer" | "channel" | "route" | null;
  /** A channel to the payee was opened for this payment. Absent: none was. */
  readonly channelOpened?: boolean;
  readonly expiresAt: number | null;
};

/** Why an outbound payment failed. In every case nothing is in flight and nothing was paid. */
export type OutboundFailure =
  | "invoiceExpired"
  | "noRoute"
  | "recipientRejected"
  | "recipientOffline"
  | "capExceeded"
  | "insufficientFunds"
  | "retriesExhausted"
  | "channelOpenFailed"
  | "abandoned"
  | "requestNotUsable";

/**
 * Ordinary invoices: `open` → `claimed`, or `open` → `expired`. Hold invoices: `open` → `held` → `claiming` → `claimed`,
 * or `held` → `returning` → `returned` when the HTLC is failed back.
 *
 * `claimed`, `returned` and `expired` are final, with one exception: an ordinary invoice whose HTLC was already on its
 * way when the invoice expired still becomes `claimed`.
 */
export type InboundState =
  | "open"
  | "held"
  | "claiming"
  | "claimed"
  | "returning"
  | "returned"
  | "expired";

export type InboundPayment = Common & {
  readonly direction: "inbound";
  readonly kind: "bolt11" | "bolt12" | "keysend";
  readonly state: InboundState;
  /** The invoice; null for payments without one of our invoices (BOLT 12, keysend). Must not be logged. */
  readonly request: string | null;
  /** The invoice's amount; null when the payer chooses it. */
  readonly amountMsat: Msat | null;
  /** Amount received after the skimmed fee; null until an HTLC arrived. */
  readonly receivedMsat: Msat | null;
  /** The fee that the LSP kept for opening the channel (LSPS2). */
  readonly skimmedFeeMsat: Msat | null;
  /** Largest fee that the LSP may keep; null for invoices without LSPS2. */
  readonly maxSkimmedFeeMsat: Msat | null;
  /** True for a hold invoice: the payment waits for `claimHeld` or `failHeld`. */
  readonly hold: boolean;
  /** True when the caller supplied the payment hash: `claimHeld` needs the preimage. */
  readonly foreignHash: boolean;
  /** A held payment must be claimed before this height; at this height the node fails it back. */
  readonly claimDeadlineHeight: number | null;
  readonly expiresAt: number | null;
};

/** True when nothing this node does can change the payment's state any more. */
export function isFinal(payment: Payment): boolean {
  switch (payment.state) {
    case "succeeded":
    case "failed":
    case "claimed":
    case "returned":
    case "expired":
      return true;
    default:
      return false;
  }
}
