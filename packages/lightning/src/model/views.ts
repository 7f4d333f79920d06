import type { Msat, Sat } from "@satsconnect/money";
import type { ClosingKind, OutputId } from "../core/generated/index.ts";

export type Peer = {
  readonly nodeId: string;
  readonly connected: boolean;
  /** True when the peer connected to us. */
  readonly inbound: boolean;
  /** The address we reconnect to; null for peers that we do not keep connected. */
  readonly address: string | null;
};

export type Channel = {
  readonly channelId: string;
  /** The number this node gave the channel: an unsigned integer as a decimal string. */
  readonly userChannelId: string;
  readonly peer: string;
  readonly funding: OutputId | null;
  /** Short channel id as a decimal string; null until the funding is confirmed. */
  readonly scid: string | null;
  readonly capacitySat: Sat;
  /** Our balance: includes the reserve, excludes HTLCs in flight. */
  readonly balanceMsat: Msat;
  readonly outboundCapacityMsat: Msat;
  readonly inboundCapacityMsat: Msat;
  /** Largest amount that one more outbound HTLC may carry. */
  readonly nextOutboundHtlcLimitMsat: Msat;
  readonly reserveSat: Sat | null;
  /** True when we opened the channel. */
  readonly outbound: boolean;
  readonly announced: boolean;
  readonly ready: boolean;
  /** Ready, and the peer is connected. */
  readonly usable: boolean;
  /** A cooperative close is in progress. */
  readonly closing: boolean;
  /** Blocks that our balance is locked for if we force-close; the peer chose it. Null until the channel is accepted. */
  readonly forceCloseDelayBlocks: number | null;
  readonly confirmations: number | null;
  readonly pendingHtlcs: number;
  /** Sum of the HTLCs in flight towards us. */
  readonly pendingInboundMsat: Msat;
  /** Sum of the HTLCs in flight towards the peer. */
  readonly pendingOutboundMsat: Msat;
};

export type Balances = {
  readonly onChain: {
    readonly confirmedSat: Sat;
    readonly trustedPendingSat: Sat;
    readonly untrustedPendingSat: Sat;
    readonly immatureSat: Sat;
    /** Part of the above: used by channel fundings that are not broadcast yet. */
    readonly inUseSat: Sat;
    /** Part of the above: kept back for fee bumping (anchors). */
    readonly reservedSat: Sat;
    readonly spendableSat: Sat;
  };
  readonly sendableMsat: Msat;
  readonly receivableMsat: Msat;
  /** Our balance in open channels: includes reserves, excludes HTLCs in flight. */
  readonly channelsMsat: Msat;
  /** Outbound payments in flight, without fees. */
  readonly outboundPendingMsat: Msat;
  /** Inbound payments that are held or being claimed. */
  readonly inboundPendingMsat: Msat;
  /** Outputs of closed channels that will become ours on chain. */
  readonly claimable: readonly {
    readonly kind: Exclude<ClosingKind, "open">;
    readonly amountSat: Sat;
    readonly height: number | null;
    readonly paymentHash: string | null;
  }[];
  /** Outputs of closed channels whose sweep is not confirmed yet. */
  readonly sweepingSat: Sat;
  /** Our balance in closed channels whose closing transaction is not confirmed: neither open nor claimable yet. */
  readonly closingSat: Sat;
};

export type OnChainTransaction = {
  readonly txid: string;
  readonly receivedSat: Sat;
  readonly sentSat: Sat;
  readonly feeSat: Sat | null;
  readonly height: number | null;
  /** Milliseconds since 1970; null when unknown. */
  readonly at: number | null;
  /** Weight units. */
  readonly weight: number;
  /** How its fee can be raised: by a replacement (BIP 125) or a child (CPFP). Null if it is confirmed, or not ours. */
  readonly bump: "replacement" | "child" | null;
};
