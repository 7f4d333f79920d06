import type { Msat, Result, Sat } from "@satsconnect/money";
import type { LspPolicy } from "./lsp-policy.ts";

/** Every decision of the node that is somebody's choice. Pure functions where nothing else is said. */
export type NodePolicy = {
  /** A peer asks for a channel. */
  readonly acceptChannel: (request: ChannelRequest) => ChannelDecision;
  /**
   * Asked before money leaves, one payment after another (never two at once), with what was sent before. A refusal
   * becomes the payment's failure `capExceeded`. Limits stand here, so that a stolen orchestrator cannot drain a node.
   */
  readonly admitPayment?: (request: PaymentAdmission) => Result<void> | Promise<Result<void>>;
  /** Serve LSPS2 to clients on these terms. Absent: no service. */
  readonly lsp?: LspPolicy;
};

export type ChannelRequest = {
  readonly peer: string;
  readonly capacitySat: Sat;
  readonly pushMsat: Msat;
  readonly announced: boolean;
  readonly zeroConfRequired: boolean;
  readonly anchors: boolean;
  /** Channels that we already have with this peer, and with all. */
  readonly channelsWithPeer: number;
  readonly channels: number;
};

export type ChannelDecision =
  /** `zeroConf`: trust the peer's unconfirmed funding. */
  | { readonly accept: true; readonly zeroConf: boolean }
  | { readonly accept: false; readonly reason: string };

export type PaymentAdmission = {
  readonly idempotencyKey: string | null;
  readonly payee: string | null;
  readonly amountMsat: Msat;
  readonly maxFeeMsat: Msat;
  /** What succeeded or is under way of outbound payments begun since that time, fees at their limit included. */
  readonly spentSince: (sinceMs: number) => Promise<Msat>;
  /** What is under way of outbound payments now, pending ones and fees at their limit included. */
  readonly outstandingMsat: Msat;
};

/** A holder's wallet: channels only from its own LSP, usable at once, not announced. */
export function acceptOnlyFrom(lspNodeId: string): NodePolicy["acceptChannel"] {
  return (request) => {
    if (request.peer !== lspNodeId) return { accept: false, reason: "not my channel partner" };
    if (!request.anchors) return { accept: false, reason: "anchors are required" };
    if (request.announced) return { accept: false, reason: "announced channels are not accepted" };
    return { accept: true, zeroConf: true };
  };
}

/** A routing node or merchant: confirmed channels with anchors from anybody, up to a number a peer. */
export function acceptConfirmed(options: {
  readonly minCapacitySat: Sat;
  readonly channelsPerPeer: number;
}): NodePolicy["acceptChannel"] {
  return (request) => {
    if (!request.anchors) return { accept: false, reason: "anchors are required" };
    if (request.zeroConfRequired) return { accept: false, reason: "confirmations are required" };
    if (request.capacitySat < options.minCapacitySat) {
      return { accept: false, reason: `at least ${options.minCapacitySat} sat` };
    }
    if (request.channelsWithPeer >= options.channelsPerPeer) {
      return { accept: false, reason: "enough channels with you" };
    }
    return { accept: true, zeroConf: false };
  };
}

/** Accepts none. */
export const acceptNone: NodePolicy["acceptChannel"] = () => ({
  accept: false,
  reason: "this node takes no channels",
});
