import type { ChainErrorCode } from "../ports/chain-source.ts";
import { err, msat, ok, zeroMsat } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { isHex } from "../encoding/bytes.ts";
import { outboundCapacityTo } from "../channels/channels.ts";
import { CoreRefused } from "../core/core.ts";
import { decodeInvoice } from "../payments/invoice.ts";
import { isFinal } from "../model/payment.ts";
import { corePolicy, paymentPolicy } from "../model/policy.ts";
import type { Payment } from "../model/payment.ts";
import { listJustice } from "../runtime/justice-queue.ts";
import { PaymentStore } from "../runtime/payment-store.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import type { PeerAddress } from "../ports/transport.ts";
import { EventFeed } from "./event-feed.ts";
import { expectResult, ignoreSessionEnd, refused } from "../runtime/failures.ts";
import type {
  ChannelErrorCode,
  ChannelOpenEstimate,
  LightningNode,
  GossipSnapshot,
  LightningNodeOptions,
  NodeErrorCode,
  NodeStatus,
} from "../model/lightning-node.ts";
import { CoreSupervisor } from "./core-supervisor.ts";
import type { NodeHooks } from "./core-supervisor.ts";
import { ChainTipUnavailable } from "./running-node.ts";
import type { RunningNode } from "./running-node.ts";
import { toBalances, toMsat, toOnChainTransaction, toSat } from "../model/views-from-core.ts";

export type OpenErrorCode =
  /** A new node needs the chain's tip, and the chain source did not answer, or not with one that can be believed. */
  | ChainErrorCode
  /** Another process holds the store's lease. */
  | "store_fenced"
  /** The core refused the state, the seed or the configuration. Do not start over: restore a current state. */
  | "state_refused";

/** Opens the node that is stored in `options.store`, or creates one when the store is empty. */
export async function openNode(
  options: LightningNodeOptions,
  hooks: NodeHooks = {},
): Promise<Result<NodeHost, OpenErrorCode>> {
  const host = new NodeHost(options, hooks);
  try {
    await host.begin();
    return ok(host);
  } catch (error) {
    await options.store.close().catch(() => {});
    if (error instanceof ChainTipUnavailable)
      return err(error.code, `A new node needs the chain's tip: ${error.message}`, "safe");
    if (error instanceof WriterFenced)
      return err("store_fenced", `The store is in use: ${error.message}.`, "safe");
    if (error instanceof CoreRefused)
      return err("state_refused", `The node cannot start: ${error.message}.`, "never");
    throw error;
  }
}

/** A Lightning node across restarts of its core. */
export class NodeHost implements LightningNode {
  readonly network: LightningNode["network"];
  readonly core: LightningNode["core"];
  readonly stopped: Promise<NodeStatus>;
  readonly #options: LightningNodeOptions;
  readonly #feed: EventFeed;
  /** Reads durable records, also while the core is restarting. */
  readonly #records: PaymentStore;
  readonly #targets = new Map<string, PeerAddress>();
  readonly #supervisor: CoreSupervisor;
  #nodeId = "";
  #forwardsPaused = false;
  /** Called when the node stops for good. */
  readonly #onEnd = new Set<() => void>();
  readonly #settled = new Set<(payment: Payment) => void>();
  readonly #justiceObservers = new Set<() => void>();
  readonly justice: LightningNode["justice"];

  constructor(options: LightningNodeOptions, hooks: NodeHooks) {
    this.#options = options;
    this.network = options.network;
    this.core = { kind: options.core.kind, version: options.core.version };
    this.#feed = new EventFeed(options.store);
    this.#records = new PaymentStore(options.store, options.clock);
    this.#supervisor = new CoreSupervisor(options, hooks, {
      onBegin: (node) => this.#onBegin(node),
      onEvents: (lastSequence) => this.#feed.advance(lastSequence),
      onJustice: () => this.#onJustice(),
      forwardsPaused: () => this.#forwardsPaused,
      onEnd: () => {
        this.#feed.close();
        for (const callback of this.#onEnd) callback();
      },
    });
    this.stopped = this.#supervisor.stopped;
    this.justice = {
      state: () => this.#supervisor.current?.justice?.state,
      list: (limit) => listJustice(options.store, limit),
      delivered: async (items) => {
        const node = this.#supervisor.current;
        if (node === undefined) return;
        node.loop.queueChange((unit) => node.justice?.delete(unit, items));
        await node.loop.stored().catch(ignoreSessionEnd);
      },
      observe: (observer) => {
        this.#justiceObservers.add(observer);
        return () => this.#justiceObservers.delete(observer);
      },
    };
  }

  get nodeId(): string {
    return this.#nodeId;
  }

  get status(): NodeStatus {
    return this.#supervisor.status;
  }

  get lastSequence(): number {
    return this.#feed.lastSequence;
  }

  /** Exchanges, commits and store writes since the core's last start, for benchmarks. */
  get counters(): {
    readonly exchanges: number;
    readonly commits: number;
    readonly writes: number;
  } {
    return this.#supervisor.current?.loop.counters ?? { exchanges: 0, commits: 0, writes: 0 };
  }

  get memoryBytes(): number {
    return this.#supervisor.current?.memoryBytes() ?? 0;
  }

  /** Starts the core. @throws whatever prevented the start. */
  begin(): Promise<void> {
    return this.#supervisor.begin();
  }

  tip(): ReturnType<LightningNode["tip"]> {
    return this.#supervisor.tip();
  }

  async connect(peer: PeerAddress): ReturnType<LightningNode["connect"]> {
    if (!isHex(peer.nodeId, 33))
      return err("address_malformed", "A node id must be 33 bytes as hex.", "never");
    this.#targets.set(peer.nodeId, peer);
    return this.#supervisor.call((node) => node.peers.connect(peer));
  }

  async disconnect(nodeId: string): Promise<void> {
    this.#targets.delete(nodeId);
    const node = this.#supervisor.current;
    if (node === undefined) return;
    node.peers.stopReconnecting(nodeId);
    if (node.peers.isConnected(nodeId)) {
      await node.loop.query({ type: "disconnectPeer", peer: nodeId }).catch(() => {});
    }
  }

  accept(connection: Parameters<LightningNode["accept"]>[0]): void {
    if (this.#supervisor.current === undefined) connection.abort();
    else this.#supervisor.current.peers.accept(connection);
  }

  peers(): ReturnType<LightningNode["peers"]> {
    return this.#supervisor.current?.peers.list() ?? [];
  }

  async whenConnected(nodeId: string, signal?: AbortSignal): Promise<boolean> {
    while (signal?.aborted !== true) {
      const node = await this.#supervisor.next(signal).catch(() => undefined);
      if (node === undefined) return false;
      if (await node.peers.whenConnected(nodeId, signal)) return true;
      if (this.#supervisor.current === node) return false;
    }
    return false;
  }

  createInvoice(
    request: Parameters<LightningNode["createInvoice"]>[0],
  ): ReturnType<LightningNode["createInvoice"]> {
    return this.#supervisor.call((node) => node.receiving.createInvoice(request));
  }

  createJitInvoice(
    request: Parameters<LightningNode["createJitInvoice"]>[0],
  ): ReturnType<LightningNode["createJitInvoice"]> {
    return this.#supervisor.call((node) => node.lspClient.createInvoice(request));
  }

  openingTerms(lsp: string): ReturnType<LightningNode["openingTerms"]> {
    return this.#supervisor.call((node) => node.lspClient.openingTerms(lsp));
  }

  claimHeld(paymentHash: string, preimage?: string): ReturnType<LightningNode["claimHeld"]> {
    return this.#supervisor.call((node) => node.receiving.claim(paymentHash, preimage));
  }

  failHeld(paymentHash: string): ReturnType<LightningNode["failHeld"]> {
    return this.#supervisor.call((node) => node.receiving.fail(paymentHash));
  }

  createOffer(
    request: Parameters<LightningNode["createOffer"]>[0],
  ): ReturnType<LightningNode["createOffer"]> {
    return this.#supervisor.call((node) =>
      node.loop.run(
        {
          type: "createOffer",
          description: request.description,
          ...(request.amountMsat === undefined
            ? {}
            : { amountMsat: request.amountMsat.toString() }),
          ...(request.expiresAt === undefined
            ? {}
            : { expiresAtSeconds: Math.floor(request.expiresAt / 1000) }),
        },
        (outcome) => {
          if (!outcome.ok) return refused(outcome.error);
          const { offer, offerId } = expectResult(outcome, "offerCreated");
          return ok({ offer, offerId });
        },
      ),
    );
  }

  decodeInvoice(invoice: string): ReturnType<LightningNode["decodeInvoice"]> {
    return decodeInvoice((text) => this.#options.core.decode(text), invoice);
  }

  pay(request: Parameters<LightningNode["pay"]>[0]): ReturnType<LightningNode["pay"]> {
    return this.#supervisor.call((node) => node.paying.pay(request));
  }

  admits(request: Parameters<LightningNode["admits"]>[0]): ReturnType<LightningNode["admits"]> {
    return this.#supervisor.call((node) => node.paying.admits(request));
  }

  payOffer(
    request: Parameters<LightningNode["payOffer"]>[0],
  ): ReturnType<LightningNode["payOffer"]> {
    return this.#supervisor.call((node) => node.paying.payOffer(request));
  }

  estimateRoute(
    invoice: string,
    amountMsat: Parameters<LightningNode["estimateRoute"]>[1],
  ): ReturnType<LightningNode["estimateRoute"]> {
    return this.#supervisor.call(async (node) => {
      const outcome = await node.loop.query({
        type: "estimateRoute",
        invoice,
        amountMsat: amountMsat.toString(),
      });
      if (!outcome.ok) {
        return outcome.error.code === "routeNotFound" ? ok(null) : refused(outcome.error);
      }
      const { feeMsat, cltvExpiryDelta } = expectResult(outcome, "routeEstimated");
      return ok({ feeMsat: toMsat(feeMsat), cltvBlocks: cltvExpiryDelta });
    });
  }

  abandon(paymentHash: string): ReturnType<LightningNode["abandon"]> {
    return this.#supervisor.call((node) => node.paying.abandon(paymentHash));
  }

  payment(paymentHash: string, direction?: Payment["direction"]): Promise<Payment | undefined> {
    return isHex(paymentHash, 32)
      ? this.#records.find(paymentHash.toLowerCase(), direction)
      : Promise.resolve(undefined);
  }

  async paymentByKey(idempotencyKey: string): Promise<Payment | undefined> {
    const use = await this.#records.keyUse(idempotencyKey);
    return use === undefined ? undefined : this.#records.byNumber(use.number);
  }

  spentSince(sinceMs: number): ReturnType<LightningNode["spentSince"]> {
    return this.#supervisor.query((node) => node.paying.spentSince(sinceMs));
  }

  payments(query: Parameters<LightningNode["payments"]>[0] = {}): Promise<readonly Payment[]> {
    return this.#records.list(
      query.before,
      Math.min(query.limit ?? paymentPolicy.defaultPageSize, paymentPolicy.maxPageSize),
    );
  }

  async whenSettled(
    paymentHash: string,
    direction: Payment["direction"],
    signal?: AbortSignal,
  ): Promise<Payment | undefined> {
    const isSettled = (payment: Payment): boolean => isFinal(payment) || payment.state === "held";
    return new Promise((resolve, reject) => {
      const finish = (payment: Payment | undefined): void => {
        this.#settled.delete(observer);
        this.#onEnd.delete(onEnd);
        signal?.removeEventListener("abort", onAbort);
        resolve(payment);
      };
      const observer = (payment: Payment): void => {
        if (
          payment.paymentHash === paymentHash &&
          payment.direction === direction &&
          isSettled(payment)
        )
          finish(payment);
      };
      const check = async (): Promise<void> => {
        const payment = await this.payment(paymentHash, direction);
        const hasEnded = signal?.aborted === true || this.#supervisor.hasEnded;
        if (hasEnded || (payment !== undefined && isSettled(payment))) finish(payment);
      };
      const onEnd = (): void => finish(undefined);
      this.#settled.add(observer);
      this.#onEnd.add(onEnd);
      const onAbort = (): void => void check().catch(reject);
      signal?.addEventListener("abort", onAbort, { once: true });
      check().catch(reject);
    });
  }

  proofOfPayment(paymentHash: string): Promise<string | undefined> {
    return this.#records.proof(paymentHash);
  }

  events(afterSequence: number, signal?: AbortSignal): ReturnType<LightningNode["events"]> {
    return this.#feed.after(afterSequence, signal);
  }

  async forgetEvents(throughSequence: number): Promise<void> {
    const node = this.#supervisor.current;
    if (node === undefined) return;
    node.loop.forgetEvents(throughSequence);
    await node.loop.released().catch(() => {});
  }

  openChannel(
    request: Parameters<LightningNode["openChannel"]>[0],
  ): ReturnType<LightningNode["openChannel"]> {
    return this.#supervisor.call((node) => node.channels.open(request));
  }

  closeChannel(
    channelId: string,
    options?: { readonly force?: boolean },
  ): ReturnType<LightningNode["closeChannel"]> {
    return this.#supervisor.call((node) => node.channels.close(channelId, options?.force ?? false));
  }

  pauseForwards(paused: boolean): ReturnType<LightningNode["pauseForwards"]> {
    this.#forwardsPaused = paused;
    return this.#supervisor.call((node) => node.channels.applyForwarding());
  }

  channels(): ReturnType<LightningNode["channels"]> {
    return this.#supervisor.query((node) => node.channels.list());
  }

  graphSize(): ReturnType<LightningNode["graphSize"]> {
    return this.#supervisor.query(async (node) => {
      const outcome = await node.loop.query({ type: "graphSize" });
      const { nodes, channels } = expectResult(outcome, "graphSize");
      return { nodes, channels };
    });
  }

  balances(): ReturnType<LightningNode["balances"]> {
    return this.#supervisor.query(async (node) => {
      const outcome = await node.loop.query({ type: "balances" });
      let outbound = 0n;
      let inbound = 0n;
      for (const payment of node.payments.open()) {
        if (payment.direction === "outbound" && payment.state === "inFlight")
          outbound += payment.amountMsat;
        if (payment.direction === "inbound") inbound += payment.receivedMsat ?? 0n;
      }
      const pending = { outboundMsat: msat(outbound), inboundMsat: msat(inbound) };
      const channels = await node.channels.list();
      return toBalances(expectResult(outcome, "balances"), pending, channels.length);
    });
  }

  estimateChannelOpen(
    peer: string,
    amountMsat: Parameters<LightningNode["estimateChannelOpen"]>[1],
  ): ReturnType<LightningNode["estimateChannelOpen"]> {
    return this.#supervisor.call(
      async (node): Promise<Result<ChannelOpenEstimate, ChannelErrorCode>> => {
        const opener = node.lspService?.opener;
        if (opener === undefined) return err("refused", "This node has no LSP policy.", "never");
        if (outboundCapacityTo(await node.channels.list(), peer) >= amountMsat) {
          const none = { feeMsat: zeroMsat, minPaymentMsat: zeroMsat, capacitySat: toSat("0") };
          return ok({ needed: false, ...none });
        }
        return opener.estimate(peer, amountMsat);
      },
    );
  }

  newAddress(): ReturnType<LightningNode["newAddress"]> {
    return this.#supervisor.call((node) =>
      node.loop.run({ type: "newAddress" }, (outcome) =>
        outcome.ok ? ok(expectResult(outcome, "address").address) : refused(outcome.error),
      ),
    );
  }

  onChainTransactions(): ReturnType<LightningNode["onChainTransactions"]> {
    return this.#supervisor.query(async (node) => {
      const outcome = await node.loop.query({ type: "listOnChainTransactions" });
      return expectResult(outcome, "onChainTransactions").transactions.map(toOnChainTransaction);
    });
  }

  sendOnChain(
    request: Parameters<LightningNode["sendOnChain"]>[0],
  ): ReturnType<LightningNode["sendOnChain"]> {
    return this.#supervisor.call((node) => node.onChain.send(request));
  }

  bumpFee(request: Parameters<LightningNode["bumpFee"]>[0]): ReturnType<LightningNode["bumpFee"]> {
    return this.#supervisor.call((node) => node.onChain.bump(request));
  }

  sentOnChainSince(sinceMs: number): ReturnType<LightningNode["sentOnChainSince"]> {
    return this.#supervisor.query((node) => node.onChain.sentSince(sinceMs));
  }

  feeRates(): ReturnType<LightningNode["feeRates"]> {
    return this.#supervisor.current?.chain.feeRates;
  }

  exportGossip(since?: number): ReturnType<LightningNode["exportGossip"]> {
    return this.#supervisor.call(async (node): Promise<Result<GossipSnapshot, NodeErrorCode>> => {
      const sinceSeconds = since === undefined ? {} : { sinceSeconds: since };
      const outcome = await node.loop.query({ type: "exportGossip", ...sinceSeconds });
      if (!outcome.ok) return refused(outcome.error);
      const { timeSeconds, type: _, ...counts } = expectResult(outcome, "gossipExported");
      // copied: the core's output contains more than the snapshot
      const bytes = (outcome.snapshot ?? new Uint8Array()).slice();
      return ok({ bytes, time: timeSeconds, ...counts });
    });
  }

  signLogin(payloadJson: string): ReturnType<LightningNode["signLogin"]> {
    return this.#supervisor.call(async (node) => {
      const outcome = await node.loop.query({ type: "signLogin", payloadJson });
      return outcome.ok ? ok(expectResult(outcome, "loginSigned").jws) : refused(outcome.error);
    });
  }

  async close(): Promise<void> {
    if (this.#supervisor.status === "closed") return;
    const node = this.#supervisor.current;
    if (node !== undefined && this.#supervisor.status === "running") {
      node.loop.command({ type: "dump", graph: true, scorer: true }, () => {});
      await Promise.race([
        node.loop.idle(),
        new Promise<void>((resolve) =>
          this.#options.clock.after(corePolicy.closeTimeoutMs, resolve),
        ),
      ]);
    }
    this.#supervisor.end("closed");
    await node?.loop.lastWrite();
    await this.#options.store.close();
  }

  /** Stops at once, as in a power cut: nothing more is stored or sent. For simulations. */
  crash(): void {
    this.#supervisor.end("closed");
  }

  #onJustice(): void {
    for (const observer of this.#justiceObservers) observer();
  }

  #onBegin(node: RunningNode): void {
    this.#nodeId = node.nodeId;
    this.#onJustice();
    this.#feed.advance(node.loop.lastSequence);
    node.payments.observe((payment) => {
      for (const observer of this.#settled) observer(payment);
    });
    for (const target of this.#targets.values()) void node.peers.connect(target);
    // the last core may have stopped before its channels had their terms
    if (this.#forwardsPaused) node.channels.applyForwarding().catch(ignoreSessionEnd);
  }
}
