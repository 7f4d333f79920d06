import { toMsat, toMsatOrNull } from "../model/views-from-core.ts";
import type { Event } from "../core/generated/index.ts";
import type { Channels } from "../channels/channels.ts";
import { ignoreSessionEnd } from "../runtime/failures.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";
import { decodeRow, encodeJson } from "../model/codec.ts";
import type { ChannelOpener } from "../channels/channel-opener.ts";
import type { LspPolicy } from "../model/lsp-policy.ts";
import type { Channel } from "../model/views.ts";
import { channelPolicy, lspServicePolicy } from "../model/policy.ts";

const { maxGrantsPerClient, sweepIntervalMs } = lspServicePolicy;

const tables = {
  /** Key = intercept scid: the grant. */
  grant: "lsp-grant",
  /** Key = userChannelId: a first payment that waits for this channel. */
  open: "lsp-open",
} as const;

type Grant = {
  readonly client: string;
  readonly userChannelId: string;
  readonly validUntil: number;
  /** True: the funding is broadcast only once the client has claimed its payment. */
  readonly clientTrustsLsp: boolean;
  /** True for a client that had neither paid for a channel nor registered. */
  readonly unknown: boolean;
};
type Waiting = {
  readonly client: string;
  readonly amountMsat: bigint;
  readonly since: number;
  readonly feeMsat: bigint;
  readonly clientTrustsLsp: boolean;
};

/**
 * The LSP side of LSPS2 (bLIP 52): offers terms, grants channels, opens them when the first payment arrives, and closes
 * those that nobody pays for.
 */
export class LspService {
  readonly #session: CoreSession;
  readonly #channels: Channels;
  readonly #opener: ChannelOpener;
  readonly #policy: LspPolicy;
  readonly #grants = new Map<string, Grant>();
  readonly #waiting = new Map<string, Waiting>();
  /** When an unpaid channel last had a payment pending, by `userChannelId`. */
  readonly #lastPending = new Map<string, number>();
  #cancelSweep: (() => void) | undefined;
  readonly #stopObserving: (() => void)[] = [];

  constructor(
    session: CoreSession,
    channels: Channels,
    policy: LspPolicy,
    makeOpener: (grantsOfUnknown: () => number) => ChannelOpener,
  ) {
    this.#session = session;
    this.#channels = channels;
    this.#policy = policy;
    this.#opener = makeOpener(() => this.#unused().filter(([, { unknown }]) => unknown).length);
  }

  get opener(): ChannelOpener {
    return this.#opener;
  }

  /** Loads the grants, and resumes openings for first payments that were waiting when the node stopped. */
  async start(): Promise<void> {
    const { store } = this.#session;
    await this.#opener.opened.load();
    for (const { key, value } of await store.list(tables.grant)) {
      this.#grants.set(key, decodeRow(value) as Grant);
    }
    this.#stopObserving.push(
      this.#channels.observe(({ userChannelId, kind }) =>
        this.#onChannelChange(userChannelId, kind),
      ),
    );
    for (const { key, value } of await store.list(tables.open)) {
      // rows of earlier releases have no fee: their payments are failed back
      const stored = { feeMsat: 0n, clientTrustsLsp: false };
      const waiting = { ...stored, ...(decodeRow(value) as Waiting) };
      this.#waiting.set(key, waiting);
      this.#open(key, waiting).catch(ignoreSessionEnd);
    }
    this.#sweepLater();
  }

  stop(): void {
    this.#cancelSweep?.();
    for (const stop of this.#stopObserving) stop();
  }

  onEvent(event: LspServiceEvent, unit: UnitOfWork): void {
    switch (event.type) {
      case "lsps2MenuRequested":
        this.#offer(event).catch(ignoreSessionEnd);
        return;
      case "lsps2BuyRequested":
        this.#answer(event).catch(ignoreSessionEnd);
        return;
      case "lsps2OpenChannel": {
        if (this.#session.forwardsPaused()) {
          this.#failOpening(
            event.userChannelId,
            event.client,
            "forwards are paused by the operator",
          );
          return;
        }
        const grant = [...this.#grants.values()].find(
          ({ userChannelId }) => userChannelId === event.userChannelId,
        );
        const waiting: Waiting = {
          client: event.client,
          amountMsat: toMsat(event.amountToForwardMsat),
          since: this.#session.clock.now(),
          feeMsat: toMsat(event.openingFeeMsat),
          clientTrustsLsp: grant?.clientTrustsLsp ?? false,
        };
        this.#waiting.set(event.userChannelId, waiting);
        unit.put(tables.open, event.userChannelId, encodeJson(waiting));
        // open only once the row is durable, so that a crash cannot lose a waiting payment
        unit.afterRelease(() => {
          this.#open(event.userChannelId, waiting).catch(ignoreSessionEnd);
        });
        return;
      }
      case "htlcIntercepted":
        // an intercept scid without a grant
        this.#session.loop.command(
          { type: "failIntercepted", interceptId: event.interceptId },
          () => {},
        );
        return;
      case "interceptExpired":
        this.#session.logger.warn(
          { scid: event.scid, paymentHash: event.paymentHash },
          "channel not opened in time: payment failed back",
        );
        return;
    }
  }

  /** The funding of a channel is signed. */
  onFunded(userChannelId: string, channelId: string, unit: UnitOfWork): void {
    this.#opener.opened.funded(userChannelId, channelId, unit);
  }

  /** A payment was forwarded over a channel, so its client has been paid. */
  onForwarded(channelId: string, unit: UnitOfWork): void {
    this.#opener.opened.paid({ channelId }, unit);
  }

  /** A payment of our own to a client succeeded. */
  onPaid(client: string, unit: UnitOfWork): void {
    this.#opener.opened.paid({ client }, unit);
  }

  async #offer(event: Extract<Event, { type: "lsps2MenuRequested" }>): Promise<void> {
    const { client, requestId, token } = event;
    const usage = await this.#opener.usage(client);
    const nowMs = this.#session.clock.now();
    const menu = this.#policy.menu({ client, token, nowMs, usage });
    this.#session.loop.command(
      menu === "unknownToken"
        ? { type: "lsps2RejectToken", client, requestId }
        : { type: "lsps2OfferMenu", client, requestId, menu: [...menu] },
      (outcome) => {
        if (!outcome.ok)
          this.#session.logger.warn({ client, reason: outcome.error.message }, "menu not sent");
      },
    );
  }

  async #answer(event: Extract<Event, { type: "lsps2BuyRequested" }>): Promise<void> {
    const { client, requestId } = event;
    const { loop, logger } = this.#session;
    const usage = await this.#opener.usage(client);
    const paymentSizeMsat = toMsatOrNull(event.paymentSizeMsat);
    const decision = this.#policy.grant({ client, paymentSizeMsat, usage });
    if (!decision.grant) {
      const { code, message } = decision;
      loop.command({ type: "lsps2RejectBuy", client, requestId, code, message }, () => {});
      return;
    }
    const { cltvExpiryDelta, clientTrustsLsp } = decision;
    this.#withdrawOldest(client);
    const userChannelId = this.#channels.newUserChannelId();
    const command = {
      type: "lsps2Grant",
      client,
      requestId,
      cltvExpiryDelta,
      clientTrustsLsp,
      userChannelId,
    } as const;
    loop.command(command, (outcome, unit) => {
      if (!outcome.ok || outcome.value.type !== "lsps2Granted") {
        logger.warn(
          { client, reason: outcome.ok ? "unexpected" : outcome.error.message },
          "channel not granted",
        );
        return;
      }
      const grant: Grant = {
        client,
        userChannelId,
        validUntil: Date.parse(event.parameters.validUntil),
        clientTrustsLsp,
        unknown: usage.standing === "unknown",
      };
      this.#grants.set(outcome.value.scid, grant);
      unit.put(tables.grant, outcome.value.scid, encodeJson(grant));
    });
  }

  async #open(userChannelId: string, waiting: Waiting): Promise<void> {
    const { clock, peers, logger } = this.#session;
    const deadline = waiting.since + this.#policy.openTimeoutMs;
    const timeout = new AbortController();
    const cancel = clock.after(Math.max(0, deadline - clock.now()), () => timeout.abort());
    try {
      const existing = (await this.#channels.list()).find(
        (channel) => channel.userChannelId === userChannelId,
      );
      // opened before a restart, and not ready yet
      if (existing !== undefined && existing.funding !== null) return;
      // after our restart the client has to reconnect first
      if (!(await peers.whenConnected(waiting.client, timeout.signal))) {
        if (!this.#session.loop.isStopped)
          this.#failOpening(userChannelId, waiting.client, "the client is not connected");
        return;
      }
      const opened = await this.#opener.open(
        {
          client: waiting.client,
          amountMsat: toMsat(waiting.amountMsat.toString()),
          agreedFeeMsat: toMsat(waiting.feeMsat.toString()),
          fundingWithheld: waiting.clientTrustsLsp,
        },
        userChannelId,
      );
      if (!opened.ok) this.#failOpening(userChannelId, waiting.client, opened.error.message);
      else
        logger.info(
          { client: waiting.client, channelId: opened.value.channelId },
          "channel opened for first payment",
        );
    } finally {
      cancel();
    }
  }

  /** Fails the waiting payment back to the payer. */
  #failOpening(userChannelId: string, client: string, reason: string): void {
    const { loop, logger } = this.#session;
    loop.command({ type: "lsps2OpenFailed", client, userChannelId }, (outcome, unit) => {
      if (!outcome.ok)
        logger.info({ client, reason: outcome.error.message }, "no payment is waiting any more");
      logger.warn({ client, reason }, "channel not opened: first payment failed back");
      this.#forget(userChannelId, unit);
      unit.emit({ type: "jitOpenFailed", client, userChannelId, reason });
    });
  }

  /** Forgets a waiting payment whose channel is ready or closed: the core forwards it or fails it back by itself. */
  #onChannelChange(userChannelId: string, kind: "ready" | "closed"): void {
    const grants = [...this.#grants].filter(([, grant]) => grant.userChannelId === userChannelId);
    if (kind === "closed") {
      this.#lastPending.delete(userChannelId);
      this.#session.loop.queueChange((unit) => this.#opener.opened.closed(userChannelId, unit));
    }
    if (!this.#waiting.has(userChannelId) && (kind === "closed" || grants.length === 0)) return;
    this.#session.loop.queueChange((unit) => {
      this.#forget(userChannelId, unit);
      if (kind === "closed") return;
      for (const [scid] of grants) {
        this.#grants.delete(scid);
        unit.delete(tables.grant, scid);
      }
    });
  }

  #forget(userChannelId: string, unit: UnitOfWork): void {
    if (this.#waiting.delete(userChannelId)) unit.delete(tables.open, userChannelId);
  }

  /** The grants that a payment may still use. Forgets those that have expired; the core does so by itself. */
  #unused(): readonly (readonly [string, Grant])[] {
    const now = this.#session.clock.now();
    const expired = [...this.#grants].filter(([, grant]) => grant.validUntil < now);
    if (expired.length > 0) {
      this.#session.loop.queueChange((unit) => {
        for (const [scid] of expired) {
          this.#grants.delete(scid);
          unit.delete(tables.grant, scid);
        }
      });
    }
    return [...this.#grants].filter(([, grant]) => grant.validUntil >= now);
  }

  /** Makes room for another grant to a client: its oldest invoices that nobody has paid lose their channel. */
  #withdrawOldest(client: string): void {
    const { loop, logger } = this.#session;
    const held = this.#unused()
      .filter(([, grant]) => grant.client === client && !this.#waiting.has(grant.userChannelId))
      .toSorted(([, a], [, b]) => a.validUntil - b.validUntil);
    const excess = Math.max(0, held.length - maxGrantsPerClient + 1);
    for (const [scid, { userChannelId }] of held.slice(0, excess)) {
      loop.command({ type: "lsps2WithdrawGrant", client, userChannelId }, (outcome, unit) => {
        // a payment for it arrived in the meantime
        if (!outcome.ok) {
          logger.info({ client, reason: outcome.error.message }, "grant not withdrawn");
          return;
        }
        this.#grants.delete(scid);
        unit.delete(tables.grant, scid);
      });
    }
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#session.clock.after(sweepIntervalMs, () => {
      this.#sweep()
        .then(() => this.#sweepLater())
        .catch(ignoreSessionEnd);
    });
  }

  /** Closes the channels that nobody has paid for, as the policy says. */
  async #sweep(): Promise<void> {
    const { opened } = this.#opener;
    const unpaid = opened.unpaid();
    this.#session.loop.queueChange((unit) => opened.prune(unit));
    if (unpaid.length === 0) return;
    const channels = new Map(
      (await this.#channels.list()).map((channel) => [channel.userChannelId, channel]),
    );
    const now = this.#session.clock.now();
    for (const [userChannelId, record] of unpaid) {
      const channel = channels.get(userChannelId);
      if (channel === undefined) {
        // the node stopped while it was being opened
        if (now - record.openedAt > 2 * channelPolicy.openTimeoutMs) opened.failed(userChannelId);
      } else if (!channel.closing) {
        await this.#judge(userChannelId, channel, record.openedAt, record.fundingWithheld);
      }
    }
  }

  async #judge(
    userChannelId: string,
    channel: Channel,
    openedAt: number,
    fundingWithheld: boolean,
  ): Promise<void> {
    const { clock, peers, logger } = this.#session;
    const now = clock.now();
    const lastPending = this.#lastPending.get(userChannelId);
    if (channel.pendingHtlcs > 0 || lastPending === undefined) {
      this.#lastPending.set(userChannelId, now);
    }
    const { peer, channelId, pendingHtlcs } = channel;
    const verdict = this.#policy.unpaid({
      fundingWithheld,
      pendingHtlcs,
      openedForMs: now - openedAt,
      idleForMs: now - (this.#lastPending.get(userChannelId) ?? now),
      connected: peers.isConnected(peer),
    });
    if (verdict === "keep") return;
    logger.info({ client: peer, channelId, verdict }, "nobody paid for this channel");
    const closed = await this.#channels.close(channelId, verdict === "forceClose");
    if (!closed.ok) logger.warn({ channelId, reason: closed.error.message }, "channel not closed");
  }
}

export type LspServiceEvent = Extract<
  Event,
  {
    type:
      | "lsps2MenuRequested"
      | "lsps2BuyRequested"
      | "lsps2OpenChannel"
      | "htlcIntercepted"
      | "interceptExpired";
  }
>;
