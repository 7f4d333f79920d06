import type { Msat, Sat } from "@satsconnect/money";
import type { ClosureKind, FallenBehind, OutputId } from "../core/generated/index.ts";
import type { Payment } from "./payment.ts";

/**
 * Something that happened to the node, in the order in which it became durable.
 *
 * An event is stored in the same atomic write as the core's state and the payment records that it reports, and is
 * published only once that write is durable (with a store that keeps a second copy, once it is there too). It is kept
 * until `forgetEvents`. `LightningNode.events` delivers at least once: a consumer stores the last sequence it has
 * handled, together with its own changes, and resumes from it.
 *
 * LDK may report the same occurrence again after a restart. A payment in a final state is not reported twice; a held
 * one may be reported as held again. For the other types a consumer must tolerate a second event, with a sequence of its
 * own, for the same channel or transaction.
 */
export type NodeEvent = {
  /** 1, 2, 3, … without gaps. */
  readonly sequence: number;
  /** Milliseconds since 1970, by the node's clock. */
  readonly at: number;
  /** Height of the node's best block at that time. */
  readonly tipHeight: number;
} & NodeEventBody;

export type NodeEventBody =
  /**
   * A payment record was created or changed. Carries the whole record. After an event with a final state
   * (`isFinal`) no other event for the same payment follows, except `expired` → `claimed`.
   */
  | { readonly type: "payment"; readonly payment: Payment }
  /**
   * The funding transaction is signed by both sides, and has been handed to the chain source unless it is withheld until
   * the peer has claimed a payment. Not confirmed yet.
   */
  | ({ readonly type: "channelPending"; readonly funding: OutputId } & ChannelRef)
  /** The channel can be used: its funding has enough confirmations, or both sides agreed on zero-conf. */
  | ({ readonly type: "channelReady" } & ChannelRef)
  /**
   * The channel is closed and carries no further payments. Our balance may still be waiting on chain: see
   * `Balances.claimable`. Not emitted for a channel that was never funded.
   */
  | ({
      readonly type: "channelClosed";
      readonly closure: ClosureKind;
      readonly reason: string;
      /** Our balance when it closed; null where LDK does not know it. */
      readonly localBalanceMsat: Msat | null;
    } & Omit<ChannelRef, "peer"> & { readonly peer: string | null })
  /**
   * On reconnection, the state of one side of a channel was found to be older than the other's. `own`: the peer has proven
   * that our state is old; nothing of ours is broadcast for this channel any more, and the peer was asked to close it with
   * its newest state, which pays our balance on chain. `peer`: we closed the channel with our newest state.
   * `channelClosed` follows. Emitted once, and durable before the peer is told.
   */
  | ({
      readonly type: "channelFellBehind";
      readonly side: FallenBehind;
      /** Number of our newest commitment transaction, as we have it. */
      readonly ownCommitment: number;
      /** Number of our newest commitment transaction, as the peer knows it. */
      readonly expectedCommitment: number;
    } & ChannelRef)
  /** Routing nodes: a forwarded payment succeeded, and its fee is ours. Failed forwards emit nothing. */
  | {
      readonly type: "forwarded";
      readonly fromChannelId: string | null;
      readonly toChannelId: string | null;
      readonly fromPeer: string | null;
      readonly toPeer: string | null;
      readonly amountMsat: Msat | null;
      /** The whole fee earned, including `skimmedFeeMsat`. */
      readonly feeMsat: Msat | null;
      /** The part of the fee that was kept for opening a channel (LSPS2). */
      readonly skimmedFeeMsat: Msat | null;
      /** True when the downstream HTLC was claimed on chain. */
      readonly onChain: boolean;
    }
  /**
   * LSPs: the channel that a client's first payment needed could not be opened; emitted at the latest after
   * `LspPolicy.openTimeoutMs`. The payment has been failed back to the payer.
   */
  | {
      readonly type: "jitOpenFailed";
      readonly client: string;
      readonly userChannelId: string;
      readonly reason: string;
    }
  /** A sweep of a closed channel's outputs into the on-chain wallet has been broadcast. */
  | { readonly type: "outputsSweeping"; readonly channelId: string | null; readonly amountSat: Sat }
  /** The on-chain wallet saw a transaction: first unconfirmed (`height` null), then when it confirms. */
  | {
      readonly type: "onChainTransaction";
      readonly txid: string;
      readonly receivedSat: Sat;
      readonly sentSat: Sat;
      readonly height: number | null;
    };

type ChannelRef = {
  readonly channelId: string;
  /** The number this node gave the channel before it had an id: an unsigned integer as a decimal string. */
  readonly userChannelId: string;
  readonly peer: string;
};
