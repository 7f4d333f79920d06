import { err, ok } from "@satsconnect/money";
import type { Msat, Result, Sat } from "@satsconnect/money";
import { committedCapacity } from "./channels.ts";
import type { Channels } from "./channels.ts";
import { OpenedChannels } from "./opened-channels.ts";
import type { UnpaidRecord } from "./opened-channels.ts";
import { expectResult, ignoreSessionEnd } from "../runtime/failures.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type {
  ChannelErrorCode,
  ChannelOpenEstimate,
  OpenedChannel,
} from "../model/lightning-node.ts";
import { channelCost } from "../model/jit-channel-fee.ts";
import { toSat } from "../model/views-from-core.ts";
import type { OutboundFailure } from "../model/payment.ts";
import { channelPolicy } from "../model/policy.ts";
import type { LspPolicy, LspUsage } from "../model/lsp-policy.ts";

const { maxOpenAttempts, openRetryDelayMs } = channelPolicy;

type Attempt = { failures: number; busy: boolean; notBefore: number };

/** A channel for a client's first payment, or (`agreedFeeMsat` null) for a payment of our own. */
type Opening = {
  readonly client: string;
  readonly amountMsat: Msat;
  readonly agreedFeeMsat: Msat | null;
  readonly fundingWithheld: boolean;
};

/** Opens channels to clients under the LSP policy: for first payments (LSPS2), and for our own payments to them. */
export class ChannelOpener {
  readonly #session: CoreSession;
  readonly #channels: Channels;
  readonly policy: LspPolicy;
  readonly opened: OpenedChannels;
  readonly #grantsOfUnknown: () => number;
  /** Openings for our own payments, by client. */
  readonly #attempts = new Map<string, Attempt>();
  /** Capacity of openings that LDK may not list yet, by `userChannelId`. */
  readonly #beginning = new Map<string, Sat>();

  constructor(
    session: CoreSession,
    channels: Channels,
    policy: LspPolicy,
    grantsOfUnknown: () => number,
  ) {
    this.#session = session;
    this.#channels = channels;
    this.policy = policy;
    this.opened = new OpenedChannels(session);
    this.#grantsOfUnknown = grantsOfUnknown;
  }

  async usage(client: string): Promise<LspUsage> {
    const registered = (await this.policy.isRegistered?.(client)) ?? true;
    const channels = await this.#channels.list();
    const balance = expectResult(
      await this.#session.loop.query({ type: "onChainBalance" }),
      "onChainBalance",
    );
    // no await from here on: openings that begin meanwhile must be counted
    const listed = new Set(channels.map(({ userChannelId }) => userChannelId));
    const beginning = [...this.#beginning]
      .filter(([userChannelId]) => !listed.has(userChannelId))
      .reduce((sum, [, capacity]) => sum + capacity, 0n);
    const { unpaidToUnknownSat, ...counts } = this.opened.counts(client);
    const spendable = toSat(balance.spendableSat) - beginning;
    // LDK's `NonAnchorChannelFee`, which the wallet uses for funding transactions
    const feeRate = this.#session.feeRates().soon;
    const paying = this.opened.hasPaid(client, channelCost(feeRate));
    return {
      ...counts,
      standing: paying ? "paying" : registered ? "registered" : "unknown",
      channelsWithClient: channels.filter((channel) => channel.peer === client).length,
      grantsOfUnknown: this.#grantsOfUnknown(),
      committedSat: toSat((committedCapacity(channels) + beginning).toString()),
      committedToUnknownSat: toSat(unpaidToUnknownSat.toString()),
      spendableSat: toSat((spendable > 0n ? spendable : 0n).toString()),
      feeRateSatPerKwu: feeRate,
    };
  }

  /** Price and capacity of a channel opened now for a payment of our own. Errors: as `open`. */
  async estimate(
    client: string,
    amountMsat: Msat,
  ): Promise<Result<ChannelOpenEstimate, ChannelErrorCode>> {
    const usage = await this.usage(client);
    const size = this.#size(
      { client, amountMsat, agreedFeeMsat: null, fundingWithheld: false },
      usage,
    );
    if (!size.ok) return size;
    const price = this.policy.price(amountMsat, usage.feeRateSatPerKwu);
    return ok({ needed: true, capacitySat: size.value, ...price });
  }

  /**
   * Opens the channel that a payment needs, within the policy. Errors: `insufficient_funds` (retry safe),
   * `channel_open_failed`, with retry `safe` when the policy refuses for now; and those of `Channels.openAs`.
   */
  async open(
    opening: Opening,
    userChannelId: string,
  ): Promise<Result<OpenedChannel, ChannelErrorCode>> {
    // an opening under this id before a restart left nothing, or the caller would not ask again
    this.opened.failed(userChannelId);
    const usage = await this.usage(opening.client);
    const size = this.#size(opening, usage);
    if (!size.ok) return size;
    return this.#begin(opening, size.value, userChannelId, usage);
  }

  /**
   * Starts opening a channel for a payment of ours, unless one is being opened for this client. Returns undefined while
   * the opening is in progress (check the channels again later), or the reason why no channel will be opened.
   */
  async openFor(client: string, amountMsat: Msat): Promise<OutboundFailure | undefined> {
    const attempt = this.#attempts.get(client) ?? { failures: 0, busy: false, notBefore: 0 };
    this.#attempts.set(client, attempt);
    if (attempt.busy || attempt.notBefore > this.#session.clock.now()) return undefined;
    if (attempt.failures >= maxOpenAttempts) {
      this.#attempts.delete(client);
      return "channelOpenFailed";
    }
    attempt.busy = true;
    const usage = await this.usage(client);
    const fundingWithheld = usage.standing !== "paying";
    const opening = { client, amountMsat, agreedFeeMsat: null, fundingWithheld };
    const size = this.#size(opening, usage);
    if (!size.ok) {
      this.#attempts.delete(client);
      return size.error.code === "insufficient_funds" ? "insufficientFunds" : "channelOpenFailed";
    }
    this.#openOnce(opening, size.value, attempt, usage).catch(ignoreSessionEnd);
    return undefined;
  }

  #size(opening: Opening, usage: LspUsage): Result<Sat, ChannelErrorCode> {
    const decision = this.policy.size({ ...opening, usage });
    if (decision.open) return ok(decision.capacitySat);
    return decision.because === "funds"
      ? err("insufficient_funds", `No channel can be opened: ${decision.reason}.`, "safe")
      : err("channel_open_failed", `No channel can be opened: ${decision.reason}.`, "safe");
  }

  async #begin(
    opening: Opening,
    capacitySat: Sat,
    userChannelId: string,
    usage: LspUsage,
  ): Promise<Result<OpenedChannel, ChannelErrorCode>> {
    const { client, agreedFeeMsat, fundingWithheld } = opening;
    const standing: UnpaidRecord["standing"] =
      agreedFeeMsat === null ? "ownPayment" : usage.standing;
    this.#beginning.set(userChannelId, capacitySat);
    const { feeMsat: quotedMsat } = this.policy.price(opening.amountMsat, usage.feeRateSatPerKwu);
    const feeMsat = agreedFeeMsat ?? quotedMsat;
    this.opened.begin(userChannelId, { client, capacitySat, feeMsat, fundingWithheld, standing });
    try {
      const opened = await this.#channels.openAs(
        {
          peer: client,
          capacitySat,
          announced: false,
          zeroConf: true,
          withholdFunding: fundingWithheld,
        },
        userChannelId,
      );
      if (!opened.ok) this.opened.failed(userChannelId);
      return opened;
    } finally {
      this.#beginning.delete(userChannelId);
    }
  }

  async #openOnce(
    opening: Opening,
    capacitySat: Sat,
    attempt: Attempt,
    usage: LspUsage,
  ): Promise<void> {
    const { client } = opening;
    const opened = await this.#begin(
      opening,
      capacitySat,
      this.#channels.newUserChannelId(),
      usage,
    );
    attempt.busy = false;
    if (opened.ok) {
      this.#attempts.delete(client);
      return;
    }
    attempt.failures += 1;
    attempt.notBefore = this.#session.clock.now() + openRetryDelayMs;
    this.#session.logger.warn(
      { client, code: opened.error.code, reason: opened.error.message },
      "channel to client not opened",
    );
  }
}
