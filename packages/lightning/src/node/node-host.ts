import { err, msat, ok, zeroMsat } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { roomTowards } from "../channels/channels.ts";
import { isHex } from "../core/bytes.ts";
import { CoreRefused } from "../core/core.ts";
import { decodeInvoice } from "../payments/invoice.ts";
import { isFinal } from "../payments/payment.ts";
import type { Payment } from "../payments/payment.ts";
import { PaymentBook } from "../payments/payment-book.ts";
import { delay } from "../ports/clock.ts";
import { WriterFenced } from "../store/commit-store.ts";
import type { PeerAddress } from "../transport/transport.ts";
import { EventFeed } from "./event-feed.ts";
import { expectResult, interrupted, refused, unexpected } from "./failures.ts";
import type {
  ChannelErrorCode,
  ChannelOpenEstimate,
  LightningNode,
  LightningNodeOptions,
  NodeStatus,
} from "./lightning-node.ts";
import { NoChain, RunningLife } from "./running-life.ts";
import type { LifeHooks } from "./running-life.ts";
import { TurnsOver } from "./turns.ts";
import { toBalances, toMsat, toOnChainTransaction, toSat } from "./views-from-core.ts";

const firstRestartMs = 250;
const lastRestartMs = 30_000;
const closePatienceMs = 5_000;

export type OpenErrorCode =
  /** A new node needs the chain's tip. */
  | "chain_unreachable"
  /** Another process runs this node. */
  | "store_fenced"
  /** The core cannot use the state, the seed or the configuration: restore, do not start. */
  | "state_refused";

/** Hooks of simulations and benchmarks. */
export type NodeHooks = LifeHooks & {
  /** True for a failure that is the end, as when the power goes: the node does not start again. */
  readonly isTheEnd?: (error: unknown) => boolean;
};

/** Opens a node: a new one where the store is empty, else the one that is there. */
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
    if (error instanceof NoChain)
      return err("chain_unreachable", `No chain to begin at: ${error.message}`, "safe");
    if (error instanceof WriterFenced)
      return err("store_fenced", `Another process runs this node: ${error.message}.`, "safe");
    if (error instanceof CoreRefused)
      return err("state_refused", `The node cannot start: ${error.message}.`, "never");
    throw error;
  }
}

/** A node across the lives of its core: it starts again from the store when the core or the store fails. */
export class NodeHost implements LightningNode {
  readonly network: LightningNode["network"];
  readonly core: LightningNode["core"];
  readonly stopped: Promise<NodeStatus>;
  readonly #options: LightningNodeOptions;
  readonly #hooks: NodeHooks;
  readonly #feed: EventFeed;
  /** For reading: it writes nothing. */
  readonly #records: PaymentBook;
  readonly #targets = new Map<string, PeerAddress>();
  #life: RunningLife | undefined;
  #nodeId = "";
  #status: NodeStatus = "restarting";
  #restarts = 0;
  #lastTip: ReturnType<LightningNode["tip"]> = { height: 0, hash: "", timeMs: 0, synced: false };
  readonly #whenLife = new Set<() => void>();
  /** Called when the node ends for good. */
  readonly #onEnd = new Set<() => void>();
  readonly #settled = new Set<(payment: Payment) => void>();
  #stop: (status: NodeStatus) => void = () => {};

  constructor(options: LightningNodeOptions, hooks: NodeHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.network = options.network;
    this.core = { kind: options.core.kind, version: options.core.version };
    this.#feed = new EventFeed(options.store);
    this.#records = new PaymentBook(options.store, options.clock);
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get nodeId(): string {
    return this.#nodeId;
  }

  get status(): NodeStatus {
    return this.#status;
  }

  get lastSequence(): number {
    return this.#feed.lastSequence;
  }

  /** Exchanges, commits and store writes of this life: for benchmarks. */
  get counters(): {
    readonly exchanges: number;
    readonly commits: number;
    readonly writes: number;
  } {
    return this.#life?.turns.counters ?? { exchanges: 0, commits: 0, writes: 0 };
  }

  get memoryBytes(): number {
    return this.#life?.memoryBytes() ?? 0;
  }

  /** Starts a life. @throws */
  async begin(): Promise<void> {
    let failure: unknown;
    let life: RunningLife;
    try {
      life = await RunningLife.begin(this.#options, this.#hooks, {
        onFailure: (error) => {
          failure = error;
          this.#onFailure(error);
        },
        onEvents: (lastSequence) => this.#feed.advance(lastSequence),
      });
    } catch (error) {
      throw failure ?? error;
    }
    if (this.#isOver || life.turns.over) {
      life.stop();
      throw failure ?? new TurnsOver(`the node is ${this.#status}`);
    }
    this.#life = life;
    this.#nodeId = life.nodeId;
    this.#status = "running";
    this.#feed.advance(life.turns.lastSequence);
    life.book.observe((payment) => {
      for (const observer of this.#settled) observer(payment);
    });
    for (const target of this.#targets.values()) void life.peers.keep(target);
    for (const resolve of this.#whenLife) resolve();
    this.#whenLife.clear();
    const { kind, version } = this.core;
    this.#options.logger.info(
      { nodeId: life.nodeId, core: kind, ldk: version.lightning, store: this.#options.store.kind },
      "node started",
    );
  }

  tip(): ReturnType<LightningNode["tip"]> {
    return this.#life?.chain.tip ?? { ...this.#lastTip, synced: false };
  }

  async connect(peer: PeerAddress): ReturnType<LightningNode["connect"]> {
    if (!isHex(peer.nodeId, 33))
      return err("address_malformed", "A node id is 33 bytes as hex.", "never");
    this.#targets.set(peer.nodeId, peer);
    return this.#use((life) => life.peers.keep(peer));
  }

  async disconnect(nodeId: string): Promise<void> {
    this.#targets.delete(nodeId);
    const life = this.#life;
    if (life === undefined) return;
    life.peers.forget(nodeId);
    if (life.peers.isConnected(nodeId)) {
      await life.turns.query({ type: "disconnectPeer", peer: nodeId }).catch(() => {});
    }
  }

  accept(connection: Parameters<LightningNode["accept"]>[0]): void {
    if (this.#life === undefined) connection.close();
    else this.#life.peers.accept(connection);
  }

  peers(): ReturnType<LightningNode["peers"]> {
    return this.#life?.peers.list() ?? [];
  }

  async whenConnected(nodeId: string, signal?: AbortSignal): Promise<boolean> {
    while (signal?.aborted !== true) {
      const life = await this.#nextLife(signal).catch(() => undefined);
      if (life === undefined) return false;
      if (await life.peers.whenConnected(nodeId, signal)) return true;
      if (this.#life === life) return false;
    }
    return false;
  }

  createInvoice(
    request: Parameters<LightningNode["createInvoice"]>[0],
  ): ReturnType<LightningNode["createInvoice"]> {
    return this.#use((life) => life.receiving.createInvoice(request));
  }

  createJitInvoice(
    request: Parameters<LightningNode["createJitInvoice"]>[0],
  ): ReturnType<LightningNode["createJitInvoice"]> {
    return this.#use((life) => life.lspClient.createInvoice(request));
  }

  openingTerms(lsp: string): ReturnType<LightningNode["openingTerms"]> {
    return this.#use((life) => life.lspClient.openingTerms(lsp));
  }

  claimHeld(paymentHash: string, preimage?: string): ReturnType<LightningNode["claimHeld"]> {
    return this.#use((life) => life.receiving.claim(paymentHash, preimage));
  }

  failHeld(paymentHash: string): ReturnType<LightningNode["failHeld"]> {
    return this.#use((life) => life.receiving.fail(paymentHash));
  }

  createOffer(
    request: Parameters<LightningNode["createOffer"]>[0],
  ): ReturnType<LightningNode["createOffer"]> {
    return this.#use((life) =>
      life.turns.run(
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
    return this.#use((life) => life.paying.pay(request));
  }

  payOffer(
    request: Parameters<LightningNode["payOffer"]>[0],
  ): ReturnType<LightningNode["payOffer"]> {
    return this.#use((life) => life.paying.payOffer(request));
  }

  estimateRoute(
    invoice: string,
    amountMsat: Parameters<LightningNode["estimateRoute"]>[1],
  ): ReturnType<LightningNode["estimateRoute"]> {
    return this.#use(async (life) => {
      const outcome = await life.turns.query({
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
    return this.#use((life) => life.paying.abandon(paymentHash));
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

  payments(query: Parameters<LightningNode["payments"]>[0] = {}): Promise<readonly Payment[]> {
    return this.#records.list(query.before, Math.min(query.limit ?? 100, 1000));
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
      const look = async (): Promise<void> => {
        const payment = await this.payment(paymentHash, direction);
        const over = signal?.aborted === true || this.#isOver;
        if (over || (payment !== undefined && isSettled(payment))) finish(payment);
      };
      const onEnd = (): void => finish(undefined);
      this.#settled.add(observer);
      this.#onEnd.add(onEnd);
      const onAbort = (): void => void look().catch(reject);
      signal?.addEventListener("abort", onAbort, { once: true });
      look().catch(reject);
    });
  }

  proofOfPayment(paymentHash: string): Promise<string | undefined> {
    return this.#records.proof(paymentHash);
  }

  events(afterSequence: number, signal?: AbortSignal): ReturnType<LightningNode["events"]> {
    return this.#feed.after(afterSequence, signal);
  }

  async forgetEvents(throughSequence: number): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    life.turns.forgetEvents(throughSequence);
    await life.turns.settled().catch(() => {});
  }

  openChannel(
    request: Parameters<LightningNode["openChannel"]>[0],
  ): ReturnType<LightningNode["openChannel"]> {
    return this.#use((life) => life.channels.open(request));
  }

  closeChannel(
    channelId: string,
    options?: { readonly force?: boolean },
  ): ReturnType<LightningNode["closeChannel"]> {
    return this.#use((life) => life.channels.close(channelId, options?.force ?? false));
  }

  channels(): ReturnType<LightningNode["channels"]> {
    return this.#ask((life) => life.channels.list());
  }

  balances(): ReturnType<LightningNode["balances"]> {
    return this.#ask(async (life) => {
      const outcome = await life.turns.query({ type: "balances" });
      let outbound = 0n;
      let inbound = 0n;
      for (const payment of life.book.open()) {
        if (payment.direction === "outbound" && payment.state === "inFlight")
          outbound += payment.amountMsat;
        if (payment.direction === "inbound") inbound += payment.receivedMsat ?? 0n;
      }
      const pending = { outboundMsat: msat(outbound), inboundMsat: msat(inbound) };
      const channels = await life.channels.list();
      return toBalances(expectResult(outcome, "balances"), pending, channels.length);
    });
  }

  estimateChannelOpen(
    peer: string,
    amountMsat: Parameters<LightningNode["estimateChannelOpen"]>[1],
  ): ReturnType<LightningNode["estimateChannelOpen"]> {
    return this.#use(async (life): Promise<Result<ChannelOpenEstimate, ChannelErrorCode>> => {
      const opener = life.lspService?.opener;
      if (opener === undefined) return err("refused", "This node sells no channels.", "never");
      if (roomTowards(await life.channels.list(), peer) >= amountMsat) {
        return ok({ needed: false, feeMsat: zeroMsat, capacitySat: toSat("0") });
      }
      const size = await opener.size(peer, amountMsat);
      return size.ok
        ? ok({
            needed: true,
            feeMsat: opener.policy.openingFee(amountMsat),
            capacitySat: size.value,
          })
        : size;
    });
  }

  newAddress(): ReturnType<LightningNode["newAddress"]> {
    return this.#use((life) =>
      life.turns.run({ type: "newAddress" }, (outcome) =>
        outcome.ok ? ok(expectResult(outcome, "address").address) : refused(outcome.error),
      ),
    );
  }

  onChainTransactions(): ReturnType<LightningNode["onChainTransactions"]> {
    return this.#ask(async (life) => {
      const outcome = await life.turns.query({ type: "listOnChainTransactions" });
      return expectResult(outcome, "onChainTransactions").transactions.map(toOnChainTransaction);
    });
  }

  sendOnChain(
    request: Parameters<LightningNode["sendOnChain"]>[0],
  ): ReturnType<LightningNode["sendOnChain"]> {
    const { address, amountSat, feeRateSatPerKwu } = request;
    return this.#use((life) =>
      life.turns.run(
        {
          type: "sendOnChain",
          address,
          ...(amountSat === "all" ? { all: true } : { amountSat: amountSat.toString() }),
          ...(feeRateSatPerKwu === undefined ? {} : { feeRateSatPerKwu }),
        },
        (outcome) => {
          if (outcome.ok) return sent(outcome);
          return outcome.error.code === "insufficientFunds"
            ? err("insufficient_funds", "The on-chain wallet has too little.", "safe")
            : refused(outcome.error);
        },
      ),
    );
  }

  bumpFee(txid: string, feeRateSatPerKwu: number): ReturnType<LightningNode["bumpFee"]> {
    return this.#use((life) =>
      life.turns.run({ type: "bumpFee", txid, feeRateSatPerKwu }, (outcome) =>
        outcome.ok ? sent(outcome) : refused(outcome.error),
      ),
    );
  }

  signLogin(payloadJson: string): ReturnType<LightningNode["signLogin"]> {
    return this.#use(async (life) => {
      const outcome = await life.turns.query({ type: "signLogin", payloadJson });
      return outcome.ok ? ok(expectResult(outcome, "loginSigned").jws) : refused(outcome.error);
    });
  }

  async close(): Promise<void> {
    if (this.#status === "closed") return;
    const life = this.#life;
    if (life !== undefined && this.#status === "running") {
      life.turns.command({ type: "dump", graph: true, scorer: true }, () => {});
      await Promise.race([
        life.turns.idle(),
        new Promise<void>((resolve) => this.#options.clock.after(closePatienceMs, resolve)),
      ]);
    }
    this.#end("closed");
    await life?.turns.quiet();
    await this.#options.store.close();
  }

  /** Ends at once, as if the power went: nothing is stored or sent any more. For simulations. */
  crash(): void {
    this.#end("closed");
  }

  #end(status: "closed" | "fenced"): void {
    if (this.#status === "closed" || this.#status === "fenced") return;
    this.#status = status;
    this.#lastTip = this.tip();
    const life = this.#life;
    this.#life = undefined;
    life?.stop();
    this.#feed.close();
    for (const callback of this.#onEnd) callback();
    for (const resolve of this.#whenLife) resolve();
    this.#whenLife.clear();
    this.#stop(status);
  }

  #onFailure(error: unknown): void {
    const { logger, clock } = this.#options;
    const life = this.#life;
    if (this.#status === "closed" || this.#status === "fenced") return;
    if (this.#hooks.isTheEnd?.(error) === true) {
      this.#end("closed");
      return;
    }
    if (error instanceof WriterFenced) {
      logger.error({ reason: error.message }, "another process has taken this node over: stopped");
      this.#end("fenced");
      return;
    }
    // a start is under way, and will fail by this
    if (this.#status === "restarting") return;
    this.#lastTip = this.tip();
    this.#status = "restarting";
    this.#life = undefined;
    // not inside the turn that failed
    clock.soon(() => life?.stop());
    void this.#restart(error, life);
  }

  async #restart(reason: unknown, ended: RunningLife | undefined): Promise<void> {
    const { logger, clock } = this.#options;
    let failure = reason;
    for (;;) {
      logger.error({ error: describe(failure) }, "node failed; it starts again from the store");
      const wait = Math.min(lastRestartMs, firstRestartMs * 2 ** this.#restarts);
      this.#restarts += 1;
      await delay(clock, wait);
      await ended?.turns.quiet();
      if (this.#isOver) return;
      try {
        await this.begin();
        break;
      } catch (error) {
        if (this.#isOver) return;
        if (error instanceof WriterFenced) {
          this.#end("fenced");
          return;
        }
        failure = error;
      }
    }
    // a life that lasts forgets what was before
    const life = this.#life;
    await delay(clock, lastRestartMs);
    if (this.#life === life) this.#restarts = 0;
  }

  get #isOver(): boolean {
    return this.#status === "closed" || this.#status === "fenced";
  }

  async #nextLife(signal?: AbortSignal): Promise<RunningLife> {
    for (;;) {
      if (this.#life !== undefined) return this.#life;
      if (this.#status === "closed" || this.#status === "fenced" || signal?.aborted === true) {
        throw new TurnsOver(`the node is ${this.#status}`);
      }
      await new Promise<void>((resolve) => {
        this.#whenLife.add(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** A question: asked again where the node had to start again. @throws TurnsOver when it is closed. */
  async #ask<Value>(question: (life: RunningLife) => Promise<Value>): Promise<Value> {
    for (;;) {
      const life = await this.#nextLife();
      try {
        return await question(life);
      } catch (error) {
        if (!(error instanceof TurnsOver)) throw error;
      }
    }
  }

  /** A call that changes something: never repeated. */
  async #use<Value, Code extends string>(
    call: (life: RunningLife) => Promise<Result<Value, Code>>,
  ): Promise<Result<Value, Code | "node_unavailable" | "node_interrupted">> {
    const life = this.#life;
    if (life === undefined) {
      return err(
        "node_unavailable",
        `The node is ${this.#status}.`,
        this.#status === "restarting" ? "safe" : "never",
      );
    }
    try {
      return await call(life);
    } catch (error) {
      if (error instanceof TurnsOver) return interrupted();
      throw error;
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function sent(outcome: Parameters<typeof expectResult>[0]) {
  if (!outcome.ok) return unexpected(outcome);
  const { txid, feeSat } = expectResult(outcome, "transactionSent");
  return ok({ txid, feeSat: toSat(feeSat) });
}
