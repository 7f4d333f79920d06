import type { Channels } from "../channels/channels.ts";
import { outboundCapacityTo } from "../channels/channels.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { ChannelOpener } from "../channels/channel-opener.ts";
import type { OutboundFailure, OutboundPayment } from "../model/payment.ts";
import type { PayIntent } from "./pay-intent.ts";

export type CapacityAnswer =
  | { readonly kind: "go" }
  | { readonly kind: "wait"; readonly for: "peer" | "channel" | "route" }
  | { readonly kind: "no"; readonly failure: OutboundFailure };

/** Time for channels to come back on a new connection. */
const settlingMs = 5_000;

/**
 * Whether a payment can begin: is there a usable channel, and for an LSP that pays its own wallet, is there room
 * towards it? Where there is none it has a channel opened, once at a time for a wallet.
 */
export class OutboundCapacity {
  readonly #session: CoreSession;
  readonly #channels: Channels;
  readonly #opener: ChannelOpener | undefined;

  constructor(session: CoreSession, channels: Channels, opener: ChannelOpener | undefined) {
    this.#session = session;
    this.#channels = channels;
    this.#opener = opener;
  }

  /** Called when an answer may have changed. */
  observe(observer: () => void): () => void {
    return this.#channels.observe(observer);
  }

  /** True where there are channels, but none is usable now: a start, or a lost connection. */
  async mustWait(): Promise<boolean> {
    // asking costs an exchange: where a connection has been there for a while, its channels are back
    if (this.#session.peers.connectedLongerThan(settlingMs)) return false;
    const channels = await this.#channels.list();
    return channels.some((channel) => channel.ready) && !channels.some((channel) => channel.usable);
  }

  async ask(payment: OutboundPayment, intent: PayIntent): Promise<CapacityAnswer> {
    const channels = await this.#channels.list();
    const { payee } = payment;
    const withPayee = channels.filter((channel) => channel.peer === payee && !channel.closing);
    if (
      intent.openChannelToPayee &&
      payee !== null &&
      (intent.payeeIsOurs || withPayee.some((channel) => !channel.announced))
    ) {
      if (outboundCapacityTo(channels, payee) >= payment.amountMsat) return { kind: "go" };
      if (!this.#session.peers.isConnected(payee)) return { kind: "wait", for: "peer" };
      // a channel that comes back, or is being opened, may have the room
      if (withPayee.some((channel) => !channel.usable)) return { kind: "wait", for: "channel" };
      if (this.#opener === undefined) return { kind: "no", failure: "channelOpenFailed" };
      const refusal = await this.#opener.openFor(payee, payment.amountMsat);
      return refusal === undefined
        ? { kind: "wait", for: "channel" }
        : { kind: "no", failure: refusal };
    }
    return channels.some((channel) => channel.usable)
      ? { kind: "go" }
      : { kind: "wait", for: "route" };
  }
}
