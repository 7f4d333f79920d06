import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result, Sat } from "@satsconnect/money";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Event, ForwardingTerms } from "../core/generated/index.ts";
import { expectResult, refused, unexpected } from "../runtime/failures.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type {
  ChannelErrorCode,
  NodeErrorCode,
  OpenChannelRequest,
  OpenedChannel,
} from "../model/lightning-node.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";
import { SessionEnded } from "../runtime/core-loop.ts";
import { toChannel, toMsat, toMsatOrNull, toSat } from "../model/views-from-core.ts";
import type { Channel } from "../model/views.ts";
import { decodeRow, encodeJson } from "../model/codec.ts";
import { channelPolicy, pausedForwarding } from "../model/policy.ts";

/** Key = the caller's idempotency key: the channel it opened. */
const table = "channel-open";

type Opening = { readonly userChannelId: string; readonly opened: OpenedChannel | null };
type OpenResult = Result<OpenedChannel, ChannelErrorCode>;

/** Opens, accepts and closes channels. */
export class Channels {
  readonly #session: CoreSession;
  readonly #forwarding: ForwardingTerms;
  readonly #openings = new Map<
    string,
    { readonly finish: (result: OpenResult, unit?: UnitOfWork) => void; readonly stop: () => void }
  >();
  readonly #observers = new Set<(change: ChannelChange) => void>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(session: CoreSession, forwarding: ForwardingTerms) {
    this.#session = session;
    this.#forwarding = forwarding;
  }

  /** Calls back when a channel has become ready or closed, once that is durable. Returns a function that unsubscribes. */
  observe(observer: (change: ChannelChange) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  async list(): Promise<readonly Channel[]> {
    const outcome = await this.#session.loop.query({ type: "listChannels" });
    return expectResult(outcome, "channels").channels.map(toChannel);
  }

  /** Rejects openings in progress: the core has stopped. */
  stop(): void {
    for (const { stop } of this.#openings.values()) stop();
    this.#openings.clear();
  }

  /** A random `userChannelId` for a new channel, never used twice. */
  newUserChannelId(): string {
    return BigInt(`0x${bytesToHex(this.#session.entropy.bytes(15))}`).toString();
  }

  open(request: OpenChannelRequest): Promise<OpenResult> {
    const key = request.idempotencyKey;
    if (key === undefined) return this.#open(request, this.newUserChannelId(), undefined);
    // openings with a key run one after another, so that one key never opens two channels
    const opened = this.#queue.then(() => this.#openOnce(key, request));
    this.#queue = opened.catch(() => {});
    return opened;
  }

  /** Opens a channel under a `userChannelId` chosen by the caller. */
  openAs(request: OpenChannelRequest, userChannelId: string): Promise<OpenResult> {
    return this.#open(request, userChannelId, undefined);
  }

  async #openOnce(key: string, request: OpenChannelRequest): Promise<OpenResult> {
    const { store, loop } = this.#session;
    const row = await store.read(table, key);
    if (row === undefined) return this.#open(request, this.newUserChannelId(), key);
    const earlier = decodeRow(row) as Opening;
    if (earlier.opened !== null) return ok(earlier.opened);
    // a channel not funded before a crash does not exist any more; a funded one is in the list
    const outcome = await loop.query({ type: "listChannels" });
    const channel = expectResult(outcome, "channels").channels.find(
      ({ userChannelId }) => userChannelId === earlier.userChannelId,
    );
    return channel?.funding === null || channel?.funding === undefined
      ? this.#open(request, earlier.userChannelId, key)
      : ok({ channelId: channel.channelId, fundingTxid: channel.funding.txid });
  }

  #open(
    request: OpenChannelRequest,
    userChannelId: string,
    key: string | undefined,
  ): Promise<OpenResult> {
    const { loop, clock, recovery } = this.#session;
    if (recovery) {
      const reason = "The node runs in recovery mode and opens no channels.";
      return Promise.resolve(err("channel_open_failed", reason, "never"));
    }
    return new Promise((resolve, reject) => {
      let temporaryChannelId: string | undefined;
      const finish = (result: OpenResult, unit?: UnitOfWork): void => {
        cancel();
        this.#openings.delete(userChannelId);
        if (result.ok && key !== undefined) {
          unit?.put(
            table,
            key,
            encodeJson({ userChannelId, opened: result.value } satisfies Opening),
          );
        }
        if (unit === undefined) resolve(result);
        else unit.afterRelease(() => resolve(result));
      };
      const cancel = clock.after(channelPolicy.openTimeoutMs, () => {
        if (temporaryChannelId !== undefined) {
          const reason = "timed out";
          loop.command(
            { type: "rejectChannel", peer: request.peer, temporaryChannelId, reason },
            () => {},
          );
        }
        finish(
          err(
            "channel_open_failed",
            "The peer did not answer in time; no channel was opened.",
            "safe",
          ),
        );
      });
      const stop = (): void => {
        cancel();
        reject(new SessionEnded());
      };
      this.#openings.set(userChannelId, { finish, stop });
      loop
        .run(
          {
            type: "openChannel",
            peer: request.peer,
            capacitySat: request.capacitySat.toString(),
            pushMsat: (request.pushMsat ?? 0n).toString(),
            announced: request.announced,
            zeroConf: request.zeroConf ?? false,
            userChannelId,
            ...(request.withholdFunding === true ? { withholdFunding: true } : {}),
            ...(request.feeRateSatPerKwu === undefined
              ? {}
              : { feeRateSatPerKwu: request.feeRateSatPerKwu }),
          },
          (outcome, unit) => {
            if (outcome.ok) {
              if (outcome.value.type !== "channelOpening") unexpected(outcome);
              temporaryChannelId = outcome.value.temporaryChannelId;
              if (key !== undefined) {
                unit.put(table, key, encodeJson({ userChannelId, opened: null } satisfies Opening));
              }
              return;
            }
            finish(openRefused(outcome.error), unit);
          },
        )
        .catch((error: unknown) => {
          cancel();
          reject(error);
        });
    });
  }

  async close(channelId: string, force: boolean): Promise<Result<void, ChannelErrorCode>> {
    const channel = (await this.list()).find((candidate) => candidate.channelId === channelId);
    if (channel === undefined)
      return err("channel_not_found", "No open channel has that id.", "never");
    // repeating a close changes nothing
    if (channel.closing && !force) return ok(undefined);
    const { peer } = channel;
    return this.#session.loop.runUntilStored(
      force
        ? { type: "forceCloseChannel", channelId, peer }
        : { type: "closeChannel", channelId, peer },
      (outcome) => (outcome.ok ? ok(undefined) : refused(outcome.error)),
    );
  }

  /** Gives every channel the forwarding terms of now: the node's, or impossible ones while forwards are paused. */
  async applyForwarding(): Promise<Result<void, NodeErrorCode>> {
    const refusals: Result<void, NodeErrorCode>[] = [];
    for (const { channelId, peer } of await this.list()) {
      this.#setForwarding(channelId, peer, (refusal) => refusals.push(refusal));
    }
    await this.#session.loop.released();
    return refusals[0] ?? ok(undefined);
  }

  #setForwarding(
    channelId: string,
    peer: string,
    onRefusal: (refusal: Result<void, NodeErrorCode>) => void,
  ): void {
    const { loop, forwardsPaused } = this.#session;
    for (const terms of forwardsPaused() ? pausedForwarding : [this.#forwarding]) {
      loop.command({ type: "setForwardingTerms", channelId, peer, terms }, (outcome) => {
        // a channel that has been closed meanwhile forwards nothing
        if (!outcome.ok && outcome.error.code !== "notFound") onRefusal(refused(outcome.error));
      });
    }
  }

  onEvent(event: ChannelEvent, unit: UnitOfWork): void {
    switch (event.type) {
      case "openChannelRequest":
        void this.#decide(event);
        return;
      case "channelPending": {
        const { channelId, userChannelId, peer, funding } = event;
        unit.emit({ type: "channelPending", channelId, userChannelId, peer, funding });
        this.#openings
          .get(userChannelId)
          ?.finish(ok({ channelId, fundingTxid: funding.txid }), unit);
        return;
      }
      case "channelReady": {
        const { channelId, userChannelId, peer } = event;
        unit.emit({ type: "channelReady", channelId, userChannelId, peer });
        this.#notify({ kind: "ready", channelId, userChannelId, peer }, unit);
        if (this.#session.forwardsPaused()) this.#pauseNew(channelId, peer);
        return;
      }
      case "channelFundingFailed":
        this.#openings
          .get(event.userChannelId)
          ?.finish(
            err("insufficient_funds", `The channel could not be funded: ${event.reason}`, "safe"),
            unit,
          );
        this.#notify(
          {
            kind: "closed",
            channelId: event.temporaryChannelId,
            userChannelId: event.userChannelId,
            peer: event.peer,
          },
          unit,
        );
        return;
      case "channelFellBehind": {
        const { channelId, peer, side, ownCommitment, expectedCommitment } = event;
        this.#session.logger.error(
          { channelId, peer, side, ownCommitment, expectedCommitment },
          "a channel's state is older than the other side's; the channel is closed",
        );
        unit.emit(event);
        return;
      }
      case "channelClosed": {
        const { channelId, userChannelId, peer, kind, reason } = event;
        const localBalanceMsat = toMsatOrNull(event.localBalanceMsat);
        if (kind !== "neverOpened") {
          unit.emit({
            type: "channelClosed",
            channelId,
            userChannelId,
            peer,
            closure: kind,
            reason,
            localBalanceMsat,
          });
        }
        this.#openings
          .get(userChannelId)
          ?.finish(
            err("channel_open_failed", `The channel was not opened: ${reason}`, "safe"),
            unit,
          );
        this.#notify({ kind: "closed", channelId, userChannelId, peer }, unit);
        return;
      }
    }
  }

  #pauseNew(channelId: string, peer: string): void {
    this.#setForwarding(channelId, peer, () =>
      this.#session.logger.error(
        { channelId },
        "a new channel forwards although forwards are paused",
      ),
    );
  }

  async #decide(event: Extract<Event, { type: "openChannelRequest" }>): Promise<void> {
    const { loop, policy, logger } = this.#session;
    const { peer, temporaryChannelId } = event;
    const outcome = await loop.query({ type: "listChannels" }).catch(() => undefined);
    if (outcome === undefined) return;
    const channels = expectResult(outcome, "channels").channels;
    const decision = policy.acceptChannel({
      peer,
      capacitySat: toSat(event.capacitySat),
      pushMsat: toMsat(event.pushMsat),
      announced: event.announced,
      zeroConfRequired: event.zeroConfRequired,
      anchors: event.anchors,
      // the list does not contain the requested channel yet
      channelsWithPeer: channels.filter((channel) => channel.peer === peer).length,
      channels: channels.length,
    });
    const answer = decision.accept
      ? ({ type: "acceptChannel", peer, temporaryChannelId, zeroConf: decision.zeroConf } as const)
      : ({ type: "rejectChannel", peer, temporaryChannelId, reason: decision.reason } as const);
    loop.command(answer, (answered) => {
      if (answered.ok) logger.info({ peer, accepted: decision.accept }, "channel request answered");
      else logger.warn({ peer, reason: answered.error.message }, "channel request not answered");
    });
  }

  #notify(change: ChannelChange, unit: UnitOfWork): void {
    unit.afterRelease(() => {
      for (const observer of this.#observers) observer(change);
    });
  }
}

export type ChannelChange = {
  readonly kind: "ready" | "closed";
  readonly channelId: string;
  readonly userChannelId: string;
  readonly peer: string | null;
};

export type ChannelEvent = Extract<
  Event,
  {
    type:
      | "openChannelRequest"
      | "channelPending"
      | "channelReady"
      | "channelFundingFailed"
      | "channelFellBehind"
      | "channelClosed";
  }
>;

function openRefused(error: Parameters<typeof refused>[0]) {
  switch (error.code) {
    case "peerNotConnected":
      return err("peer_offline", "The peer is not connected.", "safe");
    case "insufficientFunds":
      return err("insufficient_funds", "The on-chain wallet does not have enough funds.", "safe");
    default:
      return refused(error);
  }
}

/** Amount that one payment, in several parts, can carry to a peer over the direct channels with it now. */
export function outboundCapacityTo(channels: readonly Channel[], peer: string): Msat {
  return msat(
    channels
      .filter((channel) => channel.peer === peer && channel.usable && !channel.closing)
      .reduce((sum, channel) => sum + channel.nextOutboundHtlcLimitMsat, 0n),
  );
}

/** Total capacity of the channels opened as an LSP: outbound and unannounced. */
export function committedCapacity(channels: readonly Channel[]): Sat {
  const total = channels
    .filter((channel) => channel.outbound && !channel.announced)
    .reduce((sum, channel) => sum + channel.capacitySat, 0n);
  return toSat(total.toString());
}
