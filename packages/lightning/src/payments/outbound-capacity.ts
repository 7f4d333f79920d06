import type { ChannelOpener } from "../channels/channel-opener.ts";
import { outboundCapacityTo } from "../channels/channels.ts";
import type { Channels } from "../channels/channels.ts";
import type { OutboundFailure, OutboundPayment } from "../model/payment.ts";
import { paymentPolicy } from "../model/policy.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { PayIntent } from "./pay-intent.ts";

export type CapacityAnswer =
  | { readonly kind: "ready" }
  /** `opened`: a channel is being opened for this payment. */
  | { readonly kind: "wait"; readonly for: "peer" | "channel" | "route"; readonly opened?: true }
  | { readonly kind: "failed"; readonly failure: OutboundFailure };

/**
 * Decides whether a pending payment can be sent now: a channel must be usable and, when an LSP pays its own wallet, the
 * channels with that wallet must be able to carry the amount. If not, it has a channel opened, one at a time per wallet.
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

  /** Calls back when an answer may have changed. Returns a function that unsubscribes. */
  observe(observer: () => void): () => void {
    return this.#channels.observe(observer);
  }

  /** True when there are channels but none is usable yet, as after a start or a lost connection. */
  async mustWait(): Promise<boolean> {
    // listing channels costs an exchange: skip it when a connection is old enough to have its channels re-established
    if (this.#session.peers.connectedLongerThan(paymentPolicy.reestablishMs)) return false;
    const channels = await this.#channels.list();
    return channels.some((channel) => channel.ready) && !channels.some((channel) => channel.usable);
  }

  async check(payment: OutboundPayment, intent: PayIntent): Promise<CapacityAnswer> {
    const channels = await this.#channels.list();
    const { payee } = payment;
    const withPayee = channels.filter((channel) => channel.peer === payee && !channel.closing);
    if (
      intent.openChannelToPayee &&
      payee !== null &&
      (intent.payeeIsOurs || withPayee.some((channel) => !channel.announced))
    ) {
      if (outboundCapacityTo(channels, payee) >= payment.amountMsat) return { kind: "ready" };
      if (!this.#session.peers.isConnected(payee)) return { kind: "wait", for: "peer" };
      // a channel that is being opened or re-established may have the capacity
      if (withPayee.some((channel) => !channel.usable)) return { kind: "wait", for: "channel" };
      if (this.#opener === undefined) return { kind: "failed", failure: "channelOpenFailed" };
      const failure = await this.#opener.openFor(payee, payment.amountMsat);
      return failure === undefined
        ? { kind: "wait", for: "channel", opened: true }
        : { kind: "failed", failure };
    }
    return channels.some((channel) => channel.usable)
      ? { kind: "ready" }
      : { kind: "wait", for: "route" };
  }
}
