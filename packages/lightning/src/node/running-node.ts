import { bytesToHex } from "@noble/hashes/utils.js";
import { ChainLoop } from "../runtime/chain-loop.ts";
import type { ChainErrorCode, ChainTip } from "../ports/chain-source.ts";
import { Channels } from "../channels/channels.ts";
import type { CoreInstance } from "../core/core.ts";
import { inputTag } from "../core/frames.ts";
import type { Config, Event } from "../core/generated/index.ts";
import type { CoreLog, CoreSend } from "../core/output.ts";
import { ChannelOpener } from "../channels/channel-opener.ts";
import { LspClient } from "../lsps2/lsp-client.ts";
import { LspService } from "../lsps2/lsp-service.ts";
import { encodeEvent } from "../model/codec.ts";
import { JusticeQueue } from "../runtime/justice-queue.ts";
import { LogLimit } from "../runtime/log-limit.ts";
import { PaymentStore } from "../runtime/payment-store.ts";
import { OnChain } from "../payments/on-chain.ts";
import { Paying } from "../payments/paying.ts";
import { Receiving } from "../payments/receiving.ts";
import { OutboundCapacity } from "../payments/outbound-capacity.ts";
import {
  channelPolicy,
  closingPolicy,
  corePolicy,
  defaultForwarding,
  justicePolicy,
} from "../model/policy.ts";
import type { StorePosition } from "../ports/commit-store.ts";
import { CoreState } from "../store/core-state.ts";
import { GossipLoop } from "../runtime/gossip-loop.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { LightningNodeOptions } from "../model/lightning-node.ts";
import { Peers } from "../runtime/peers.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";
import { CoreLoop, defaultCoreLoopSettings } from "../runtime/core-loop.ts";
import type { CommitPhase, CoreLoopSettings } from "../runtime/core-loop.ts";
import { toMsatOrNull, toSat } from "../model/views-from-core.ts";

const { managerTickMs, peerTickMs, rebroadcastTickMs, scorerIntervalMs } = corePolicy;
/** Bits of the core's `tick` input. */
const tickBits = { manager: 1, peers: 2, rebroadcast: 4 } as const;

/** Hooks for simulations and benchmarks. */
export type RunningNodeHooks = {
  readonly probe?: (phase: CommitPhase, commitNumber: number) => void;
  readonly coreLoop?: Partial<CoreLoopSettings>;
  /** Called with the frames of every exchange, in and out. */
  readonly tap?: (direction: "in" | "out", frames: Uint8Array) => void;
};

/** A node from one start of its core to that core's end. */
export class RunningNode implements CoreSession {
  readonly nodeId: string;
  readonly network: CoreSession["network"];
  readonly loop: CoreLoop;
  readonly payments: PaymentStore;
  /** Undefined without a watchtower. */
  readonly justice: JusticeQueue | undefined;
  readonly peers: Peers;
  readonly store: CoreSession["store"];
  readonly clock: CoreSession["clock"];
  readonly entropy: CoreSession["entropy"];
  readonly logger: CoreSession["logger"];
  readonly #logLimit: LogLimit;
  readonly policy: CoreSession["policy"];
  readonly decode: CoreSession["decode"];
  readonly feeRates: CoreSession["feeRates"];
  readonly forwardsPaused: CoreSession["forwardsPaused"];
  readonly recovery: boolean;
  readonly channels: Channels;
  readonly receiving: Receiving;
  readonly paying: Paying;
  readonly onChain: OnChain;
  readonly chain: ChainLoop;
  readonly gossip: GossipLoop | undefined;
  readonly lspClient: LspClient;
  readonly lspService: LspService | undefined;
  readonly #instance: CoreInstance;
  readonly #settings: NonNullable<LightningNodeOptions["settings"]>;
  readonly #cancelTicks: (() => void)[] = [];
  #onEvents: (lastSequence: number) => void;
  #scorerStoredAt = 0;

  private constructor(
    options: LightningNodeOptions,
    parts: {
      readonly instance: CoreInstance;
      readonly state: CoreState;
      readonly position: StorePosition;
      readonly tip: ChainTip;
    },
    hooks: RunningNodeHooks,
    callbacks: {
      readonly onFailure: (error: unknown) => void;
      readonly onEvents: (lastSequence: number) => void;
      readonly onJustice: () => void;
      readonly forwardsPaused: () => boolean;
    },
  ) {
    const { instance, position, state } = parts;
    this.#instance = instance;
    this.#settings = options.settings ?? {};
    this.#onEvents = callbacks.onEvents;
    this.nodeId = bytesToHex(instance.nodeId);
    this.network = options.network;
    this.store = options.store;
    this.clock = options.clock;
    this.entropy = options.entropy;
    this.logger = options.logger;
    this.#logLimit = new LogLimit(options.clock);
    this.policy = options.policy;
    this.forwardsPaused = callbacks.forwardsPaused;
    this.recovery = options.settings?.recovery === true;
    this.decode = (text) => options.core.decode(text);
    this.feeRates = () => this.chain.feeRates;
    this.loop = new CoreLoop({
      instance: hooks.tap === undefined ? instance : tapped(instance, hooks.tap),
      state,
      store: options.store,
      position,
      clock: options.clock,
      settings: { ...defaultCoreLoopSettings, ...hooks.coreLoop },
      host: {
        prepare: (events) => this.#prepare(events),
        onEvent: (event, unit) => this.#onEvent(event, unit),
        onWatch: (items) => this.chain.onWatch(items),
        onLookups: (channels) => this.chain.onLookups(channels),
        onLog: (log) => this.#onLog(log),
        encodeEvent: (body, sequence) =>
          encodeEvent({
            sequence,
            at: this.clock.now(),
            tipHeight: this.chain.height,
            ...body,
          }),
        send: (send) => this.#send(send),
        onEvents: (lastSequence) => this.#onEvents(lastSequence),
        onFailure: callbacks.onFailure,
        ...(hooks.probe === undefined ? {} : { probe: hooks.probe }),
      },
    });
    this.peers = new Peers({
      ...this.#shared(),
      transport: options.transport,
      knowsPeer: options.policy.knowsPeer,
    });
    this.chain = new ChainLoop({
      ...this.#shared(),
      store: options.store,
      network: options.network,
      source: options.chain,
      tip: parts.tip,
    });
    const { gossip } = options;
    this.gossip =
      gossip?.from === "snapshots" && gossip.source !== undefined
        ? new GossipLoop({ ...this.#shared(), state, source: gossip.source })
        : undefined;
    this.payments = new PaymentStore(options.store, options.clock);
    this.justice =
      this.#settings.justice === true
        ? new JusticeQueue(options.store, callbacks.onJustice)
        : undefined;
    this.channels = new Channels(this, this.#settings.forwarding ?? defaultForwarding);
    this.receiving = new Receiving(this);
    this.onChain = new OnChain(this);
    this.lspClient = new LspClient(this, this.receiving);
    const lsp = options.policy.lsp;
    this.lspService =
      lsp === undefined
        ? undefined
        : new LspService(
            this,
            this.channels,
            lsp,
            (grantsOfUnknown) => new ChannelOpener(this, this.channels, lsp, grantsOfUnknown),
          );
    this.paying = new Paying(
      this,
      new OutboundCapacity(this, this.channels, this.lspService?.opener),
    );
  }

  /** Starts the core from the store. @throws what the core, the store or the seed's source throws. */
  static async begin(
    options: LightningNodeOptions,
    hooks: RunningNodeHooks,
    callbacks: {
      readonly onFailure: (error: unknown) => void;
      readonly onEvents: (lastSequence: number) => void;
      readonly onJustice: () => void;
      readonly forwardsPaused: () => boolean;
    },
  ): Promise<RunningNode> {
    const position = await options.store.open();
    const state = new CoreState();
    const gossip = options.gossip?.from ?? "peers";
    const stored = await state.load(options.store, { gossip });
    const tip = await firstTip(options, stored.length === 0);
    const seed = await options.seed();
    const entropy = options.entropy.bytes(32);
    let instance: CoreInstance;
    try {
      instance = await options.core.create(coreConfig(options, tip), seed, entropy, stored);
    } finally {
      seed.fill(0);
      entropy.fill(0);
    }
    const running = new RunningNode(options, { instance, state, position, tip }, hooks, callbacks);
    try {
      await running.#start(stored.length === 0);
    } catch (error) {
      running.stop();
      throw error;
    }
    return running;
  }

  /** Stops at once, as in a crash: everything not stored yet is lost. */
  stop(): void {
    for (const cancel of this.#cancelTicks.splice(0)) cancel();
    this.chain.stop();
    this.gossip?.stop();
    this.paying.stop();
    this.receiving.stop();
    this.lspService?.stop();
    this.loop.stop();
    this.channels.stop();
    this.lspClient.stop();
    this.peers.stop();
    this.#drop();
  }

  /** Announces the node's alias and addresses. Peers relay it only if the node has an announced channel. */
  announce(): void {
    const { alias, publicAddresses, announced } = this.#settings;
    if (announced !== true || alias === undefined) return;
    this.loop.command(
      { type: "announceNode", alias, addresses: [...(publicAddresses ?? [])] },
      () => {},
    );
  }

  memoryBytes(): number {
    return this.#instance.memoryBytes();
  }

  async #start(isNew: boolean): Promise<void> {
    await this.payments.load();
    await this.justice?.load();
    // a new node exists once its first exchange's commit is stored
    if (isNew) await this.loop.stored();
    for (const { channelId, peer, ready } of await this.channels.list()) {
      if (ready) this.peers.addChannel(channelId, peer);
    }
    await this.chain.readFeeEstimates();
    await this.chain.readBestBlock();
    this.chain.start();
    this.gossip?.start();
    await this.lspService?.start();
    await this.paying.start();
    this.receiving.start();
    this.#tick(managerTickMs, tickBits.manager, () => {
      this.announce();
      this.#storeGraph();
    });
    this.#tick(peerTickMs, tickBits.peers);
    this.#tick(rebroadcastTickMs, tickBits.rebroadcast);
  }

  #drop(): void {
    try {
      this.#instance.drop();
    } catch (error) {
      // a crashed instance cannot be dropped: it is left to the garbage collector
      this.logger.debug({ error: String(error) }, "core instance could not be dropped");
    }
  }

  #shared() {
    return { loop: this.loop, clock: this.clock, entropy: this.entropy, logger: this.logger };
  }

  #tick(everyMs: number, bits: number, onTick?: () => void): void {
    const at = this.#cancelTicks.length;
    const plan = (): void => {
      this.#cancelTicks[at] = this.clock.after(everyMs, () => {
        if (this.loop.isStopped) return;
        this.loop.post(inputTag.tick, (writer) => writer.u8(bits));
        onTick?.();
        plan();
      });
    };
    plan();
  }

  /** Stores what has changed in the network graph, and from time to time the scorer. */
  #storeGraph(): void {
    const now = this.clock.now();
    const scorer = now - this.#scorerStoredAt >= scorerIntervalMs;
    if (scorer) this.#scorerStoredAt = now;
    this.loop.command({ type: "dump", graph: true, scorer }, () => {});
  }

  #send(send: CoreSend): void {
    if (send.kind === "transactions") {
      // copied, because the core's output buffer is not kept
      void this.chain.broadcast(send.transactions.map((transaction) => transaction.slice()));
    } else this.peers.send(send);
  }

  #onLog(log: CoreLog): void {
    const dropped = log.level >= 3 ? this.#logLimit.admit() : 0;
    if (dropped === undefined) return;
    const fields = dropped === 0 ? { from: "core" } : { from: "core", dropped };
    if (log.level >= 5) this.logger.error(fields, log.text);
    else if (log.level === 4) this.logger.warn(fields, log.text);
    else if (log.level === 3) this.logger.info(fields, log.text);
    else this.logger.debug(fields, log.text);
  }

  /** Loads records that events refer to. LDK may repeat events of payments that are final and no longer in memory. */
  #prepare(events: readonly Event[]): Promise<unknown> | undefined {
    const missing = events
      .filter((event) => event.type === "paymentClaimed" || event.type === "paymentClaimable")
      .map(({ paymentHash }) => paymentHash)
      .filter((hash) => !this.payments.remembers("inbound", hash));
    if (missing.length === 0) return undefined;
    return Promise.all(missing.map((hash) => this.payments.recall("inbound", hash)));
  }

  #onEvent(event: Event, unit: UnitOfWork): void {
    switch (event.type) {
      case "peerConnected":
      case "peerDisconnected":
        this.peers.onEvent(event);
        return;
      case "paymentSent": {
        const payee = this.payments.outbound(event.paymentHash, event.paymentId)?.payee;
        if (payee !== undefined && payee !== null) this.lspService?.onPaid(payee, unit);
        this.paying.onEvent(event, unit);
        return;
      }
      case "paymentFailed":
        this.paying.onEvent(event, unit);
        return;
      case "paymentClaimable":
      case "paymentClaimed":
      case "paymentRefused":
      case "htlcFailed":
        this.receiving.onEvent(event, unit);
        if (event.type === "paymentClaimed") this.paying.noteClaim();
        if (event.paymentHash !== null)
          this.payments.forgetFinalAfter(unit, "inbound", event.paymentHash);
        return;
      case "openChannelRequest":
        this.peers.noteActivity(event.peer);
        this.channels.onEvent(event, unit);
        return;
      case "channelPending":
        this.lspService?.onFunded(event.userChannelId, event.channelId, unit);
        this.channels.onEvent(event, unit);
        return;
      case "channelFundingFailed":
        this.channels.onEvent(event, unit);
        return;
      case "channelFellBehind":
      case "channelClosed":
        this.peers.removeChannel(event.channelId);
        this.channels.onEvent(event, unit);
        if (event.type === "channelClosed")
          this.justice?.add(unit, { type: "closed", channelId: event.channelId });
        return;
      case "commitmentRevoked":
        this.justice?.add(unit, {
          type: "revoked",
          channelId: event.channelId,
          commitmentTxid: event.commitmentTxid,
          valueSat: toSat(event.valueSat),
          transactions: event.transactions,
        });
        return;
      case "channelReady":
        this.peers.addChannel(event.channelId, event.peer);
        this.channels.onEvent(event, unit);
        this.announce();
        return;
      case "paymentForwarded":
        if (event.toChannelId !== null) this.lspService?.onForwarded(event.toChannelId, unit);
        unit.emit({
          type: "forwarded",
          fromChannelId: event.fromChannelId,
          toChannelId: event.toChannelId,
          fromPeer: event.fromPeer,
          toPeer: event.toPeer,
          amountMsat: toMsatOrNull(event.amountMsat),
          feeMsat: toMsatOrNull(event.feeMsat),
          skimmedFeeMsat: toMsatOrNull(event.skimmedFeeMsat),
          onChain: event.onChain,
        });
        return;
      case "lsps2MenuReceived":
      case "lsps2InvoiceParameters":
      case "lsps2RequestFailed":
        this.lspClient.onEvent(event);
        return;
      case "lsps2MenuRequested":
      case "lsps2BuyRequested":
      case "lsps2OpenChannel":
        this.peers.noteActivity(event.client);
        this.lspService?.onEvent(event, unit);
        return;
      case "htlcIntercepted":
      case "interceptExpired":
        this.lspService?.onEvent(event, unit);
        return;
      case "outputsSweeping":
        unit.emit({
          type: "outputsSweeping",
          channelId: event.channelId,
          amountSat: toSat(event.amountSat),
        });
        return;
      case "onChainTransactionSeen":
        unit.emit({
          type: "onChainTransaction",
          txid: event.txid,
          receivedSat: toSat(event.receivedSat),
          sentSat: toSat(event.sentSat),
          height: event.height,
        });
        return;
      case "connectionNeeded": {
        const address = event.addresses[0];
        if (address !== undefined) void this.peers.connect({ nodeId: event.peer, address });
        return;
      }
    }
  }
}

/** The block a new node starts from. An existing node has its own best block and needs no chain source to start. */
async function firstTip(options: LightningNodeOptions, isNew: boolean): Promise<ChainTip> {
  if (!isNew || options.settings?.birthday !== undefined) {
    return { height: 0, hash: "00".repeat(32), timeMs: 0, ...options.settings?.birthday };
  }
  const tip = await options.chain.tip({
    network: options.network,
    now: () => options.clock.now(),
  });
  if (!tip.ok) throw new ChainTipUnavailable(tip.error.code, tip.error.message);
  return tip.value;
}

/** A new node needs the chain's tip, and the chain source did not answer, or not with one that can be believed. */
export class ChainTipUnavailable extends Error {
  override readonly name = "ChainTipUnavailable";
  readonly code: ChainErrorCode;
  constructor(code: ChainErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const justiceTerms = {
  feeRatesSatPerKwu: [...justicePolicy.feeRatesSatPerKwu],
  maxFeeMillionths: justicePolicy.maxFeeMillionths,
};

function coreConfig(options: LightningNodeOptions, tip: ChainTip): Config {
  const { settings = {}, policy, clock, chain } = options;
  const restored = options.store.restoredFrom?.();
  return {
    network: options.network,
    nowSeconds: Math.floor(clock.now() / 1000),
    bestBlock: settings.birthday ?? { height: tip.height, hash: tip.hash },
    logLevel: settings.coreLogLevel ?? "warn",
    announced: settings.announced ?? false,
    lspService: policy.lsp !== undefined,
    acceptSkimmedPayments: settings.acceptSkimmedPayments ?? false,
    watchChain: chain.follows === "transactions",
    utxoLookup: chain.fundingOutput !== undefined,
    maxClosingFeeSat: closingPolicy.maxFeeSat.toString(),
    maxClosingFeeMultiple: closingPolicy.maxFeeMultiple,
    ...(settings.toSelfDelayBlocks === undefined
      ? {}
      : { toSelfDelay: settings.toSelfDelayBlocks }),
    ...(settings.onChainReserveSat === undefined
      ? {}
      : { onChainReserveSat: settings.onChainReserveSat.toString() }),
    ...(settings.onChainReservePerChannelSat === undefined
      ? {}
      : { onChainReservePerChannelSat: settings.onChainReservePerChannelSat.toString() }),
    ...(options.gossip?.from === "snapshots" ? { gossip: "snapshots" as const } : {}),
    ...(settings.recovery === true || options.store.isOutdated?.() === true
      ? { recovery: true }
      : {}),
    ...(settings.justice === true ? { justice: justiceTerms } : {}),
    ...(restored === undefined ? {} : { restored }),
    ...(settings.forwarding === undefined ? {} : { forwarding: settings.forwarding }),
    ...(settings.minimumDepth === undefined ? {} : { minimumDepth: settings.minimumDepth }),
    ...(settings.maxAcceptedHtlcs === undefined
      ? {}
      : { maxAcceptedHtlcs: settings.maxAcceptedHtlcs }),
    ...(policy.lsp === undefined
      ? {}
      : {
          interceptDeadlineSeconds:
            Math.ceil(policy.lsp.openTimeoutMs / 1000) + channelPolicy.interceptMarginSeconds,
        }),
  };
}

function tapped(instance: CoreInstance, tap: NonNullable<RunningNodeHooks["tap"]>): CoreInstance {
  return {
    nodeId: instance.nodeId,
    memoryBytes: () => instance.memoryBytes(),
    drop: () => instance.drop(),
    exchange(frames) {
      tap("in", frames);
      const output = instance.exchange(frames);
      tap("out", output);
      return output;
    },
  };
}
