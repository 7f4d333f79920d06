import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result, Sat } from "@satsconnect/money";
import { committedCapacity } from "./channels.ts";
import type { Channels } from "./channels.ts";
import { expectResult, ignoreSessionEnd } from "../runtime/failures.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { ChannelErrorCode, OpenedChannel } from "../model/lightning-node.ts";
import { toSat } from "../model/views-from-core.ts";
import type { OutboundFailure } from "../model/payment.ts";
import { channelPolicy } from "../model/policy.ts";
import type { LspPolicy, LspUsage } from "../model/lsp-policy.ts";

const { sizeMargin, maxOpenAttempts, openRetryDelayMs } = channelPolicy;

type Attempt = { failures: number; busy: boolean; notBefore: number };

/** Opens channels to clients under the LSP policy: for first payments (LSPS2), and for our own payments to them. */
export class ChannelOpener {
  readonly #session: CoreSession;
  readonly #channels: Channels;
  readonly policy: LspPolicy;
  readonly #grants: (client: string) => number;
  /** Openings for our own payments, by client. */
  readonly #attempts = new Map<string, Attempt>();

  constructor(
    session: CoreSession,
    channels: Channels,
    policy: LspPolicy,
    grants: (client: string) => number,
  ) {
    this.#session = session;
    this.#channels = channels;
    this.policy = policy;
    this.#grants = grants;
  }

  async usage(client: string): Promise<LspUsage> {
    const channels = await this.#channels.list();
    const balance = expectResult(
      await this.#session.loop.query({ type: "onChainBalance" }),
      "onChainBalance",
    );
    return {
      channelsWithClient: channels.filter((channel) => channel.peer === client).length,
      grantsOpenForClient: this.#grants(client),
      committedSat: committedCapacity(channels),
      spendableSat: toSat(balance.spendableSat),
    };
  }

  /**
   * Capacity of the channel that a payment of this amount needs. Errors: `insufficient_funds` (retry safe),
   * `channel_open_failed` when the policy refuses (retry never).
   */
  async size(client: string, amountMsat: Msat): Promise<Result<Sat, ChannelErrorCode>> {
    const needed = msat(amountMsat + amountMsat / sizeMargin.divisor + sizeMargin.fixedMsat);
    const usage = await this.usage(client);
    const decision = this.policy.size({ client, amountMsat: needed, usage });
    if (decision.open) return ok(decision.capacitySat);
    return usage.spendableSat * 1000n < needed
      ? err("insufficient_funds", `No channel can be opened: ${decision.reason}.`, "safe")
      : err("channel_open_failed", `No channel can be opened: ${decision.reason}.`, "never");
  }

  async open(
    client: string,
    amountMsat: Msat,
    userChannelId: string,
  ): Promise<Result<OpenedChannel, ChannelErrorCode>> {
    const size = await this.size(client, amountMsat);
    if (!size.ok) return size;
    return this.#channels.openAs(
      { peer: client, capacitySat: size.value, announced: false, zeroConf: true },
      userChannelId,
    );
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
    const size = await this.size(client, amountMsat);
    if (!size.ok) {
      this.#attempts.delete(client);
      return size.error.code === "insufficient_funds" ? "insufficientFunds" : "channelOpenFailed";
    }
    this.#openOnce(client, size.value, attempt).catch(ignoreSessionEnd);
    return undefined;
  }

  async #openOnce(client: string, capacitySat: Sat, attempt: Attempt): Promise<void> {
    const opened = await this.#channels.openAs(
      { peer: client, capacitySat, announced: false, zeroConf: true },
      this.#channels.newUserChannelId(),
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
