import { toMsat, toMsatOrNull } from "../model/views-from-core.ts";
import type { Event } from "../core/generated/index.ts";
import type { Channels } from "../channels/channels.ts";
import { ignoreSessionEnd } from "../runtime/failures.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";
import { decodeRow, encodeJson } from "../model/codec.ts";
import type { ChannelOpener } from "../channels/channel-opener.ts";
import type { LspPolicy } from "../model/lsp-policy.ts";

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
};
type Waiting = { readonly client: string; readonly amountMsat: bigint; readonly since: number };

/** The LSP side of LSPS2 (bLIP 52): offers terms, grants channels, and opens them when the first payment arrives. */
export class LspService {
  readonly #session: CoreSession;
  readonly #channels: Channels;
  readonly #opener: ChannelOpener;
  readonly #policy: LspPolicy;
  readonly #grants = new Map<string, Grant>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #stopObserving: (() => void)[] = [];

  constructor(
    session: CoreSession,
    channels: Channels,
    policy: LspPolicy,
    makeOpener: (grants: (client: string) => number) => ChannelOpener,
  ) {
    this.#session = session;
    this.#channels = channels;
    this.#policy = policy;
    this.#opener = makeOpener((client) => this.#grantsOf(client));
  }

  get opener(): ChannelOpener {
    return this.#opener;
  }

  /** Loads the grants, and resumes openings for first payments that were waiting when the node stopped. */
  async start(): Promise<void> {
    const { store } = this.#session;
    for (const { key, value } of await store.list(tables.grant)) {
      this.#grants.set(key, decodeRow(value) as Grant);
    }
    this.#stopObserving.push(
      this.#channels.observe(({ userChannelId, kind }) =>
        this.#onChannelChange(userChannelId, kind),
      ),
    );
    for (const { key, value } of await store.list(tables.open)) {
      const waiting = decodeRow(value) as Waiting;
      this.#waiting.set(key, waiting);
      this.#open(key, waiting).catch(ignoreSessionEnd);
    }
  }

  stop(): void {
    for (const stop of this.#stopObserving) stop();
  }

  onEvent(event: LspServiceEvent, unit: UnitOfWork): void {
    switch (event.type) {
      case "lsps2MenuRequested":
        this.#offer(event);
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
        const waiting: Waiting = {
          client: event.client,
          amountMsat: toMsat(event.amountToForwardMsat),
          since: this.#session.clock.now(),
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

  #offer(event: Extract<Event, { type: "lsps2MenuRequested" }>): void {
    const { client, requestId, token } = event;
    const menu = this.#policy.menu({ client, token, nowMs: this.#session.clock.now() });
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
    const decision = this.#policy.grant({
      client,
      paymentSizeMsat: toMsatOrNull(event.paymentSizeMsat),
      usage: await this.#opener.usage(client),
    });
    if (!decision.grant) {
      const { code, message } = decision;
      loop.command({ type: "lsps2RejectBuy", client, requestId, code, message }, () => {});
      return;
    }
    const { cltvExpiryDelta, clientTrustsLsp } = decision;
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
        waiting.client,
        toMsat(waiting.amountMsat.toString()),
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

  #grantsOf(client: string): number {
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
    return [...this.#grants.values()].filter(
      (grant) => grant.client === client && grant.validUntil >= now,
    ).length;
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
