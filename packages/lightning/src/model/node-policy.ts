import type { Msat, Result, Sat } from "@satsconnect/money";
import type { LspPolicy } from "./lsp-policy.ts";

/** Decisions that the node leaves to its owner. Fixed limits and timeouts are in `policy.ts`. */
export type NodePolicy = {
  /** Decides on a peer's request to open a channel. Must be a pure function. */
  readonly acceptChannel: (request: ChannelRequest) => ChannelDecision;
  /**
   * Decides whether an outbound payment may start. Called for one payment at a time, before anything is sent; a refused
   * payment is recorded as `failed` with `capExceeded`. Spending limits belong here and not in the caller, so that a
   * compromised orchestrator cannot drain the node. Absent: every payment is admitted.
   */
  readonly admitPayment?: (request: PaymentAdmission) => Result<void> | Promise<Result<void>>;
  /**
   * True for a peer that has no channel with us and is no stranger, such as a registered wallet: when places for peers
   * without a channel run short, a number of them is kept for these. Asked once for each connection. Absent: nobody.
   */
  readonly knowsPeer?: (nodeId: string) => Promise<boolean>;
  /**
   * Decides whether coins may be sent on chain. Called for one send at a time, before the transaction is made. Absent:
   * every send is admitted.
   */
  readonly admitOnChainSend?: (request: OnChainAdmission) => Result<void, "cap_exceeded">;
  /** Terms on which the node serves LSPS2 clients. Absent: it does not. */
  readonly lsp?: LspPolicy;
};

export type ChannelRequest = {
  readonly peer: string;
  readonly capacitySat: Sat;
  readonly pushMsat: Msat;
  readonly announced: boolean;
  readonly zeroConfRequired: boolean;
  readonly anchors: boolean;
  /** Existing channels with this peer, and with all peers. */
  readonly channelsWithPeer: number;
  readonly channels: number;
};

export type ChannelDecision =
  /** `zeroConf`: use the channel before its funding is confirmed. That trusts the peer not to double-spend it. */
  | { readonly accept: true; readonly zeroConf: boolean }
  | { readonly accept: false; readonly reason: string };

export type PaymentAdmission = {
  readonly idempotencyKey: string | null;
  readonly payee: string | null;
  readonly amountMsat: Msat;
  readonly maxFeeMsat: Msat;
  /**
   * Sum of the outbound payments created since that time (milliseconds since 1970) that succeeded or may still succeed.
   * Fees count at their maximum until they are known.
   */
  readonly spentSince: (sinceMs: number) => Promise<Msat>;
  /** Sum of all outbound payments that are `pending` or `inFlight`, with fees at their maximum. */
  readonly outstandingMsat: Msat;
  /** The part of it that goes to the same payee. */
  readonly outstandingToPayeeMsat: Msat;
};

export type OnChainAdmission = {
  /** With the maximum fee, where the request has one. */
  readonly amountSat: Sat;
  /** Sent in the last 24 hours, with fees. */
  readonly sentLastDaySat: Sat;
};

/** For a wallet: accepts only unannounced anchor channels from its LSP, and uses them without confirmations. */
export function acceptOnlyFrom(lspNodeId: string): NodePolicy["acceptChannel"] {
  return (request) => {
    if (request.peer !== lspNodeId) return { accept: false, reason: "not my channel partner" };
    if (!request.anchors) return { accept: false, reason: "anchors are required" };
    if (request.announced) return { accept: false, reason: "announced channels are not accepted" };
    return { accept: true, zeroConf: true };
  };
}

/** For a routing node or merchant: accepts confirmed anchor channels from anybody, up to a number per peer. */
export function acceptConfirmed(options: {
  readonly minCapacitySat: Sat;
  readonly channelsPerPeer: number;
}): NodePolicy["acceptChannel"] {
  return (request) => {
    if (!request.anchors) return { accept: false, reason: "anchors are required" };
    if (request.zeroConfRequired) return { accept: false, reason: "confirmations are required" };
    if (request.capacitySat < options.minCapacitySat) {
      return { accept: false, reason: `capacity must be at least ${options.minCapacitySat} sat` };
    }
    if (request.channelsWithPeer >= options.channelsPerPeer) {
      return { accept: false, reason: `at most ${options.channelsPerPeer} channels per peer` };
    }
    return { accept: true, zeroConf: false };
  };
}

/** Accepts no channels. */
export const acceptNone: NodePolicy["acceptChannel"] = () => ({
  accept: false,
  reason: "this node accepts no channels",
});
