import type { Msat, Sat } from "@satsconnect/money";
import type { ClosingKind, OutputId } from "../core/generated/index.ts";

export type Peer = {
  readonly nodeId: string;
  readonly connected: boolean;
  /** True: it connected to us. */
  readonly inbound: boolean;
  /** Where we reach it, for those whom we keep connected. */
  readonly address: string | null;
};

export type Channel = {
  readonly channelId: string;
  /** The host's number for it, a decimal string. */
  readonly userChannelId: string;
  readonly peer: string;
  readonly funding: OutputId | null;
  /** A decimal string, once confirmed. */
  readonly scid: string | null;
  readonly capacitySat: Sat;
  /** Ours in it, the reserve included, HTLCs in flight excluded. */
  readonly balanceMsat: Msat;
  readonly outboundCapacityMsat: Msat;
  readonly inboundCapacityMsat: Msat;
  /** The most that one further HTLC of ours may carry. */
  readonly nextOutboundHtlcLimitMsat: Msat;
  readonly reserveSat: Sat | null;
  readonly outbound: boolean;
  readonly announced: boolean;
  readonly ready: boolean;
  /** Ready, and the peer is connected. */
  readonly usable: boolean;
  readonly closing: boolean;
  readonly confirmations: number | null;
  readonly pendingHtlcs: number;
  /** What HTLCs in flight towards us, and towards the peer, carry. */
  readonly pendingInboundMsat: Msat;
  readonly pendingOutboundMsat: Msat;
};

export type Balances = {
  readonly onChain: {
    readonly confirmedSat: Sat;
    readonly trustedPendingSat: Sat;
    readonly untrustedPendingSat: Sat;
    readonly immatureSat: Sat;
    /** Of the above: in use by channels whose funding is not broadcast yet, and kept back to bump anchors. */
    readonly inUseSat: Sat;
    readonly reservedSat: Sat;
    readonly spendableSat: Sat;
  };
  readonly sendableMsat: Msat;
  readonly receivableMsat: Msat;
  /** Ours in open channels, reserves included, HTLCs in flight excluded. */
  readonly channelsMsat: Msat;
  /** HTLCs of ours on their way out, and payments to us that are held or being claimed. */
  readonly outboundPendingMsat: Msat;
  readonly inboundPendingMsat: Msat;
  /** What channels that are closing will still give back on chain. */
  readonly claimable: readonly {
    readonly kind: Exclude<ClosingKind, "open">;
    readonly amountSat: Sat;
    readonly height: number | null;
    readonly paymentHash: string | null;
  }[];
  readonly sweepingSat: Sat;
  /** Ours in channels that are closed, before their closing is on the chain: no list has them meanwhile. */
  readonly closingSat: Sat;
};

export type OnChainTransaction = {
  readonly txid: string;
  readonly receivedSat: Sat;
  readonly sentSat: Sat;
  readonly feeSat: Sat | null;
  readonly height: number | null;
  readonly at: number | null;
};
