import type { Msat, Sat } from "@satsconnect/money";
import type { ClosureKind, OutputId } from "../core/generated/index.ts";
import type { Payment } from "./payment.ts";

/** What happened, in the order in which it became durable. Delivered at least once: keep the last sequence. */
export type NodeEvent = {
  /** 1, 2, 3, … without holes. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The tip when it happened. */
  readonly tipHeight: number;
} & NodeEventBody;

export type NodeEventBody =
  /** A payment was made, or changed. */
  | { readonly type: "payment"; readonly payment: Payment }
  | ({ readonly type: "channelPending"; readonly funding: OutputId } & ChannelRef)
  | ({ readonly type: "channelReady" } & ChannelRef)
  | ({
      readonly type: "channelClosed";
      readonly closure: ClosureKind;
      readonly reason: string;
      readonly localBalanceMsat: Msat | null;
    } & Omit<ChannelRef, "peer"> & { readonly peer: string | null })
  /** (Routing node) A payment went through. */
  | {
      readonly type: "forwarded";
      readonly fromChannelId: string | null;
      readonly toChannelId: string | null;
      readonly fromPeer: string | null;
      readonly toPeer: string | null;
      readonly amountMsat: Msat | null;
      readonly feeMsat: Msat | null;
      /** The part of the fee that paid for opening a channel (LSPS2). */
      readonly skimmedFeeMsat: Msat | null;
      readonly onChain: boolean;
    }
  /** (LSP) A channel that a first payment asked for could not be opened; the payment was failed back. */
  | {
      readonly type: "jitOpenFailed";
      readonly client: string;
      readonly userChannelId: string;
      readonly reason: string;
    }
  | { readonly type: "outputsSweeping"; readonly channelId: string | null; readonly amountSat: Sat }
  | {
      readonly type: "onChainTransaction";
      readonly txid: string;
      readonly receivedSat: Sat;
      readonly sentSat: Sat;
      readonly height: number | null;
    };

type ChannelRef = {
  readonly channelId: string;
  /** The host's number for it, a decimal string. */
  readonly userChannelId: string;
  readonly peer: string;
};
