import type { LspPolicy } from "@satsconnect/lightning";
import { err } from "@satsconnect/money";
import type { LightningBackend } from "./backend.ts";

export const pauseKinds = ["payments", "channel_opens", "forwards"] as const;
export type PauseKind = (typeof pauseKinds)[number];

export type Pause = {
  readonly kind: PauseKind;
  readonly paused: boolean;
  readonly reason: string;
  /** Milliseconds since 1970; 0 while it has never been changed. */
  readonly changedAt: number;
};

/** The kinds of new business that the operator has paused. */
export type Pauses = {
  readonly isPaused: (kind: PauseKind) => boolean;
  /** All kinds, in the order of `pauseKinds`. */
  readonly list: () => readonly Pause[];
  /** Resolves once the change is durable and in effect. A pause is in effect before it is durable. */
  readonly set: (kind: PauseKind, paused: boolean, reason: string) => Promise<void>;
};

const opensPaused = () =>
  err(
    "channel_opens_paused",
    "The operator has paused the opening of channels. Try again later.",
    "safe",
  );

const paymentsPaused = () =>
  err("payments_paused", "The operator has paused outbound payments. Try again later.", "safe");

/** Wraps the backend so that it refuses the new business that is paused. Repeated requests get their earlier result. */
export function withPauses(backend: LightningBackend, pauses: Pauses): LightningBackend {
  /** Whether paying this invoice would need a channel to one of our wallets. */
  async function needsChannel(text: string): Promise<boolean> {
    const invoice = backend.decodeInvoice(text);
    if (!invoice.ok) return false;
    const { payee, amountMsat, hints } = invoice.value;
    if (!hints.some((hops) => hops.at(-1)?.nodeId === backend.nodeId)) return false;
    const channels = (await backend.channels()).filter(
      ({ peer, closing }) => peer === payee && !closing,
    );
    // A channel that is not usable now may carry the payment once the wallet has connected.
    const capacity = channels.reduce(
      (sum, channel) =>
        sum + (channel.usable ? channel.nextOutboundHtlcLimitMsat : channel.outboundCapacityMsat),
      0n,
    );
    return capacity < (amountMsat ?? 0n);
  }

  return {
    ...backend,
    async pay(request) {
      const isNew = (await backend.paymentByKey(request.idempotencyKey)) === undefined;
      if (isNew && pauses.isPaused("channel_opens") && (await needsChannel(request.invoice))) {
        return opensPaused();
      }
      // After the last wait, so that no payment starts once a pause has been answered.
      if (isNew && pauses.isPaused("payments")) {
        return paymentsPaused();
      }
      return backend.pay(request);
    },
    admits: async (request) =>
      pauses.isPaused("payments") ? paymentsPaused() : backend.admits(request),
    openChannel: async (request) =>
      pauses.isPaused("channel_opens") ? opensPaused() : backend.openChannel(request),
    async estimateChannelOpen(peer, amountMsat) {
      const estimate = await backend.estimateChannelOpen(peer, amountMsat);
      const isNeeded = !estimate.ok || estimate.value.needed;
      return isNeeded && pauses.isPaused("channel_opens") ? opensPaused() : estimate;
    },
  };
}

/**
 * The LSP's terms, unless openings are paused: then no terms are offered, none are granted, and no channel is opened, also
 * for a grant or a payment of earlier. While forwards are paused no terms are granted either: the first payment, which
 * would pay for the channel, could not be forwarded.
 */
export function pausablePolicy(policy: LspPolicy, pauses: Pick<Pauses, "isPaused">): LspPolicy {
  const message = "the operator has paused the opening of channels";
  const sells = (): boolean => !pauses.isPaused("channel_opens") && !pauses.isPaused("forwards");
  return {
    ...policy,
    menu: (request) => (sells() ? policy.menu(request) : []),
    grant: (request) => (sells() ? policy.grant(request) : { grant: false, code: 1, message }),
    size: (request) =>
      pauses.isPaused("channel_opens")
        ? { open: false, because: "policy", reason: message }
        : policy.size(request),
  };
}
