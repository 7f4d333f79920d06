import type { Msat } from "@satsconnect/money";

/** One payment of this node, kept for ever. Times are milliseconds since 1970. */
export type Payment = OutboundPayment | InboundPayment;

type Common = {
  /** The order in which payments were begun: 1, 2, 3, … */
  readonly number: number;
  /** 32 bytes, hex. For an offer (BOLT 12) the payment's own id stands here until the payee's invoice names the hash. */
  readonly paymentHash: string;
  /** The caller's own name for it: one key moves money once. */
  readonly idempotencyKey: string | null;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When it reached its final state. */
  readonly finishedAt: number | null;
};

/** `pending` (durable, not yet sent) → `inFlight` → `succeeded` | `failed`. The last two never change. */
export type OutboundState = "pending" | "inFlight" | "succeeded" | "failed";

export type OutboundPayment = Common & {
  readonly direction: "outbound";
  readonly kind: "bolt11" | "bolt12";
  readonly state: OutboundState;
  /** The id under which the core pays it, 32 bytes, hex. */
  readonly paymentId: string;
  /** The invoice or offer. Not for logs. */
  readonly request: string;
  /** Hex, where the request names it. */
  readonly payee: string | null;
  /** What the payee gets. */
  readonly amountMsat: Msat;
  readonly maxFeeMsat: Msat;
  /** What routing cost, exact; null until it succeeded. */
  readonly feeMsat: Msat | null;
  readonly failure: OutboundFailure | null;
  /** What a pending payment waits for. */
  readonly waitingFor: "peer" | "channel" | "route" | null;
  readonly expiresAt: number | null;
};

/** Why a payment of ours failed: in every case nothing is in flight and nothing was paid. */
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
 * `open` → `claimed` (ordinary invoices) or `held` → `claiming` → `claimed`, `held` → `returning` → `returned`;
 * `open` → `expired`. Claimed, returned and expired never change, but for an ordinary invoice whose HTLC was already
 * on its way when it expired: money that is ours is recorded as ours.
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
  /** The invoice; null for what came without one of ours (an offer's, keysend). Not for logs. */
  readonly request: string | null;
  /** What was asked for; null where the payer chooses. */
  readonly amountMsat: Msat | null;
  /** What is ours, skimmed fee taken off; null until something arrived. */
  readonly receivedMsat: Msat | null;
  /** What the LSP kept for opening the channel. */
  readonly skimmedFeeMsat: Msat | null;
  /** The most that the LSP may keep (invoices by LSPS2); null where there is none. */
  readonly maxSkimmedFeeMsat: Msat | null;
  /** True: waits for `claimHeld` or `failHeld`. */
  readonly hold: boolean;
  /** True: held for somebody else's hash: `claimHeld` needs the preimage. */
  readonly foreignHash: boolean;
  /** The height before which a held payment must be claimed: the node hands it back then. */
  readonly claimDeadlineHeight: number | null;
  readonly expiresAt: number | null;
};

/** True when the payment can no longer change by anything that this node does. */
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
