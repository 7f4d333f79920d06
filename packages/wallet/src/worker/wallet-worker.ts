import { loadWasmCore, encryptedStore, systemClock, systemEntropy } from "@satsconnect/lightning";
import type { Clock, EntropySource, LightningCore, Payment } from "@satsconnect/lightning";
import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { stateOfPayment } from "../payments/history.ts";
import { walletChain } from "../chain-sources.ts";
import { maxRateAgeMs, workerPolicy } from "../policy.ts";
import type { LogLine } from "../port/calls.ts";
import { asBoolean, asBytes, asList, asOptional, asRecord, asText } from "../port/check.ts";
import type { Encoding } from "../port/encoding.ts";
import {
  hostFetch,
  hostLogger,
  hostKeyValueStore,
  hostStore,
  hostTransport,
} from "./host-ports.ts";
import { CallFailed, Link } from "../port/link.ts";
import type { Pipe, ServedCall } from "../port/link.ts";
import type { PortRecord, PortValue } from "../port/value.ts";
import { prefixedKeyValueStore } from "../storage/key-value-store.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { keyValueSessionStore } from "../storage/session-store.ts";
import { openWallet } from "../wallet.ts";
import type { Wallet, WalletOptions } from "../wallet.ts";
import { handleCall, historyItems, isHandledCall } from "./call-handlers.ts";
import type { CallContext } from "./call-handlers.ts";
import { Downtime } from "./downtime.ts";
import { Leave } from "./leave.ts";
import { OlderState } from "./older-state.ts";
import { OrderCache } from "./order-cache.ts";
import { PaymentList } from "./payment-list.ts";
import { deviceKeys, encryptedKeyValueStore } from "./device-encryption.ts";
import { SendQueue } from "./send-queue.ts";
import { SnapshotPublisher } from "./snapshot.ts";
import { entryId } from "./views.ts";

export type WalletWorkerOptions = {
  readonly pipe: Pipe;
  readonly encoding: Encoding;
  readonly session: string;
  /** Loads the core's WebAssembly. */
  readonly core: () => Promise<Parameters<typeof loadWasmCore>[0]>;
};

const { firstRetryMs, maxRetryMs } = workerPolicy;
const nodeRestarts = "node_restarts";

/**
 * Runs one wallet behind a message port, from the call `open` until `close`. The worker computes only; the host provides
 * network and storage.
 */
export function runWalletWorker(options: WalletWorkerOptions): void {
  const link = new Link({
    pipe: options.pipe,
    encoding: options.encoding,
    session: options.session,
    serve: (name, params, served) => worker.serve(name, params, served),
    onNotify: (name) => {
      if (name === "wake") worker.wake();
    },
  });
  const worker = new WalletWorker(link, options);
}

/** The parameters of the call `open`. */
type OpenParams = {
  readonly seed: Uint8Array;
  readonly apiUrl: string;
  readonly esploraUrls: readonly string[];
  readonly watchtower: string | undefined;
  readonly device: { readonly id: string; readonly name: string };
  readonly backup: WalletOptions["backup"];
  readonly mayRestore: boolean;
};

const readUrls = (value: PortValue | undefined): readonly string[] =>
  asList(value, (url) => asText(url, 1_000), 10);

class WalletWorker {
  readonly #link: Link;
  readonly #options: WalletWorkerOptions;
  readonly #clock: Clock = systemClock;
  readonly #entropy: EntropySource = systemEntropy;
  readonly #logs: LogLine[] = [];
  readonly #stop = new AbortController();
  readonly #waitingForOpen = new Set<() => void>();
  readonly #downtime = new Downtime();
  #params: OpenParams | undefined;
  #snapshot: SnapshotPublisher | undefined;
  #wallet: CallContext | undefined;
  #exclusive: Promise<unknown> = Promise.resolve();
  #balanceChecks: readonly (() => void)[] = [];
  readonly #wakers = new Set<() => void>();

  constructor(link: Link, options: WalletWorkerOptions) {
    this.#link = link;
    this.#options = options;
  }

  async serve(name: string, params: PortRecord, served: ServedCall): Promise<PortValue> {
    switch (name) {
      case "open":
        return this.#open(params);
      case "ping":
        return null;
      case "close":
        return this.#close();
      case "follow":
        return this.#follow(asText(params["orderId"], 100), served);
      case "info":
        return (await this.#info()) as unknown as PortValue;
      default: {
        if (!isHandledCall(name))
          throw new CallFailed("unknown_call", `The wallet has no call named ${name}.`);
        const open = await this.#whenOpen();
        const answer = open.ok ? await handleCall(name, open.value, params) : open;
        return answer as unknown as PortValue;
      }
    }
  }

  /** The host reports that the network may be back or the app is in the foreground: ends all retry delays. */
  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  async #open(input: PortRecord): Promise<null> {
    if (this.#params !== undefined)
      throw new CallFailed("already_open", "The wallet is already open.");
    const device = asRecord(input["device"]);
    const params: OpenParams = {
      seed: asBytes(input["seed"]).slice(),
      apiUrl: asText(input["apiUrl"], 1_000),
      esploraUrls: asOptional(input["esploraUrls"], readUrls) ?? [],
      watchtower: asOptional(input["watchtower"], (value) => asText(value, 1_000)),
      device: { id: asText(device["id"], 64), name: asText(device["name"], 80) },
      backup:
        asOptional(input["backup"], asBoolean) === false
          ? undefined
          : {
              isNewSeed: asOptional(input["isNewSeed"], asBoolean) ?? false,
              takeOver: asOptional(input["takeOver"], asBoolean) ?? false,
            },
      mayRestore: asOptional(input["restore"], asBoolean) ?? false,
    };
    asBytes(input["seed"]).fill(0);
    this.#params = params;
    const keys = deviceKeys(params.seed);
    const store = encryptedKeyValueStore(
      hostKeyValueStore(this.#link),
      keys.keyValues,
      this.#entropy,
    );
    const cache = prefixedKeyValueStore(store, "cache/");
    const snapshot = new SnapshotPublisher(this.#clock, cache, (value) =>
      this.#link.notify("snapshot", value),
    );
    this.#snapshot = snapshot;
    if (params.backup === undefined) snapshot.setBackup(undefined);
    if (params.mayRestore) snapshot.set({ phase: "restoring" });
    const orders = new OrderCache(cache, () => this.#showHistory());
    await snapshot.load();
    await orders.load();
    snapshot.flush();
    void this.#run(params, keys.state, store, snapshot, orders).catch((error: unknown) => {
      this.#failed("home_failed", error instanceof Error ? error.message : "unknown");
    });
    return null;
  }

  async #run(
    params: OpenParams,
    stateKey: Uint8Array<ArrayBuffer>,
    store: KeyValueStore,
    snapshot: SnapshotPublisher,
    orders: OrderCache,
  ): Promise<void> {
    const core = await loadWasmCore(await this.#options.core());
    const wallet = await this.#openWallet(params, core, stateKey, store, snapshot);
    if (wallet === undefined) return;
    const payments = await PaymentList.load(wallet.node);
    const queue = await SendQueue.open({
      wallet,
      store: prefixedKeyValueStore(store, "wallet/"),
      latest: (paymentHash) => payments.latest(paymentHash, "outbound"),
      now: () => this.#clock.now(),
      onChange: () => this.#showHistory(),
    });
    const open: CallContext = {
      core,
      queue,
      wallet,
      orders,
      payments,
      leave: new Leave(wallet.node, prefixedKeyValueStore(store, "wallet/")),
      olderState: await OlderState.open(
        prefixedKeyValueStore(store, "wallet/"),
        wallet.backup?.restoredFrom?.(),
        await wallet.node.channels(),
        this.#clock.now(),
      ),
      logs: () => this.#logs,
      now: () => this.#clock.now(),
      newId: () => crypto.randomUUID(),
      runExclusive: (work) => this.#runExclusive(work),
      pause: (delayMs) => this.#pause(delayMs),
    };
    if (this.#stop.signal.aborted) return wallet.close();
    this.#wallet = open;
    snapshot.set({ nodeId: wallet.node.nodeId, network: wallet.node.network, failure: null });
    if (params.mayRestore && wallet.backup !== null)
      snapshot.set({ nothingRestored: !wallet.backup.wasRestored() });
    await this.#showBalances();
    this.#showHistory();
    snapshot.set({ phase: "ready" });
    snapshot.flush();
    for (const resolve of this.#waitingForOpen) resolve();
    this.#waitingForOpen.clear();
    void wallet.node.stopped.then((status) => this.#stopped(status));
    await Promise.all([
      this.#followNode(open),
      this.#followOrders(open),
      this.#every(workerPolicy.connectionCheckMs, () => this.#checkConnection(open)),
      this.#every(workerPolicy.balanceCheckMs, () => this.#showBalances()),
      this.#every(workerPolicy.infoCheckMs, () => this.#info()),
      this.#every(workerPolicy.openOrderCheckMs, () => this.#refreshOpenOrders(open)),
      // of its own: leaving must go on when the operator does not answer
      this.#every(workerPolicy.leaveCheckMs, () => open.leave.advance()),
      this.#resumeWhenConnected(open),
    ]);
  }

  /** Opens the wallet and retries errors that may pass. Undefined if it was closed, replaced or cannot be opened. */
  async #openWallet(
    params: OpenParams,
    core: LightningCore,
    stateKey: Uint8Array<ArrayBuffer>,
    store: KeyValueStore,
    snapshot: SnapshotPublisher,
  ): Promise<Wallet | undefined> {
    let retryMs: number = firstRetryMs;
    const logger = hostLogger((level, message) => {
      this.#logs.push({ at: this.#clock.now(), level, message });
      if (this.#logs.length > workerPolicy.maxLogLines) this.#logs.shift();
      this.#link.notify("log", { level, message });
    });
    const nodeStore = await encryptedStore(hostStore(this.#link), stateKey);
    const fetchByHost = this.#observeApi(hostFetch(this.#link), params.apiUrl, snapshot);
    for (;;) {
      const opened = await openWallet({
        apiUrl: params.apiUrl,
        seed: () => params.seed.slice(),
        core,
        store: nodeStore,
        keyValueStore: prefixedKeyValueStore(store, "wallet/"),
        sessionStore: keyValueSessionStore(prefixedKeyValueStore(store, "cache/")),
        chain: (url) =>
          walletChain(url, {
            independentUrls: params.esploraUrls,
            clock: this.#clock,
            logger,
            fetch: fetchByHost,
          }),
        transport: hostTransport(this.#link),
        clock: this.#clock,
        entropy: this.#entropy,
        logger,
        device: params.device,
        newId: () => crypto.randomUUID(),
        fetch: fetchByHost,
        ...(params.watchtower === undefined ? {} : { watchtower: params.watchtower }),
        ...(params.backup === undefined ? {} : { backup: params.backup }),
      });
      if (this.#stop.signal.aborted) {
        if (opened.ok) await opened.value.close();
        return undefined;
      }
      if (opened.ok) return opened.value;
      const { code, message, retry } = opened.error;
      if (code === "wallet_replaced" || code === "store_fenced") {
        this.#replaced(code === "wallet_replaced" ? "other_device" : "other_tab");
        return undefined;
      }
      this.#failed(code, message);
      if (retry === "never") return undefined;
      await this.#pause(retryMs);
      if (this.#stop.signal.aborted) return undefined;
      retryMs = Math.min(retryMs * 2, maxRetryMs);
    }
  }

  #failed(code: string, message: string): void {
    this.#snapshot?.set({ phase: "failed", failure: { code, message } });
    this.#snapshot?.flush();
  }

  #replaced(code: "other_device" | "other_tab"): void {
    const message =
      code === "other_device"
        ? "Another device has taken over this wallet."
        : "This wallet is open in another tab.";
    this.#snapshot?.set({ phase: "replaced", failure: { code, message } });
    this.#snapshot?.flush();
  }

  #stopped(status: string): void {
    if (this.#stop.signal.aborted) return;
    const isReplaced = this.#wallet?.wallet.backup?.status().state === "replaced";
    this.#wallet = undefined;
    this.#stop.abort();
    this.#wakeWaiting();
    if (isReplaced || status === "fenced")
      return this.#replaced(isReplaced ? "other_device" : "other_tab");
    this.#failed("node_stopped", "The wallet's node has stopped. Reopen the wallet.");
  }

  async #close(): Promise<null> {
    const open = this.#wallet;
    this.#wallet = undefined;
    this.#stop.abort();
    this.#wakeWaiting();
    this.#params?.seed.fill(0);
    await open?.wallet.close();
    return null;
  }

  #wakeWaiting(): void {
    for (const resolve of this.#waitingForOpen) resolve();
    this.#waitingForOpen.clear();
    this.wake();
  }

  /** Waits for the wallet to open. Errors: `wallet_starting`, or the reason why it cannot be opened. */
  async #whenOpen(): Promise<Result<CallContext>> {
    const phase = this.#snapshot?.current.phase;
    if (this.#wallet === undefined && (phase === "starting" || phase === "restoring")) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(workerPolicy.startTimeoutMs, resolve);
        this.#waitingForOpen.add(() => {
          cancel();
          resolve();
        });
      });
    }
    if (this.#wallet !== undefined) return { ok: true, value: this.#wallet };
    const failure = this.#snapshot?.current.failure;
    return failure === null || failure === undefined
      ? err(
          "wallet_starting",
          "The wallet is still starting. Nothing was done; try again in a minute.",
          "safe",
        )
      : err(failure.code, failure.message, "safe");
  }

  /** Wraps `fetch` and records in the snapshot whether requests to the API get an answer. */
  #observeApi(send: typeof fetch, apiUrl: string, snapshot: SnapshotPublisher): typeof fetch {
    return async (input, init) => {
      const isApi = String(input).startsWith(apiUrl);
      try {
        const response = await send(input, init);
        if (isApi) snapshot.setConnection({ api: "online" });
        return response;
      } catch (error) {
        const isAborted = error instanceof Error && error.name === "AbortError";
        if (isApi && !isAborted) snapshot.setConnection({ api: "offline" });
        throw error;
      }
    };
  }

  async #info(): Promise<Result<unknown>> {
    const open = await this.#whenOpen();
    const known = this.#snapshot?.info;
    if (!open.ok) return known === undefined ? open : { ok: true, value: known };
    const info = await open.value.wallet.info();
    if (info.ok) this.#snapshot?.setInfo(info.value);
    return info.ok || known === undefined ? info : { ok: true, value: known };
  }

  async #checkConnection({ wallet, queue }: CallContext): Promise<void> {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    const isConnected = wallet.node
      .peers()
      .some(({ nodeId, connected }) => nodeId === wallet.operator.nodeId && connected);
    if (this.#downtime.shouldReport(wallet.node.status === "running", this.#clock.now())) {
      if (snapshot.current.phase === "ready")
        this.#failed(nodeRestarts, "The wallet's node keeps restarting.");
    } else if (snapshot.current.failure?.code === nodeRestarts)
      snapshot.set({ phase: "ready", failure: null });
    const before = snapshot.current.connection;
    const node = isConnected ? "connected" : before.api === "offline" ? "offline" : "connecting";
    snapshot.setConnection({ node, ...(isConnected ? { api: "online" as const } : {}) });
    if (node !== before.node) await this.#showBalances();
    await queue.process(isConnected);
    if (wallet.backup !== null) {
      const { state, since, withoutBackupUntil } = wallet.backup.status();
      const shown = snapshot.current.backup;
      if (
        shown.since !== since ||
        shown.state !== state ||
        shown.withoutBackupUntil !== withoutBackupUntil
      )
        snapshot.setBackup(wallet.backup.status());
    }
  }

  async #followNode(open: CallContext): Promise<void> {
    const { node } = open.wallet;
    // events up to here were read with the payments; only those that nobody has handled are still stored
    const readThrough = node.lastSequence;
    for await (const event of node.events(0, this.#stop.signal)) {
      await open.olderState.apply(event);
      if (event.sequence <= readThrough) {
        await node.forgetEvents(event.sequence);
        continue;
      }
      if (open.payments.apply(event)) {
        if (event.type === "payment") this.#recordPrice(open, event.payment);
        this.#showHistory();
      }
      await this.#showBalances();
      this.#scheduleBalanceChecks();
      await open.leave.advance().catch(() => {});
      await node.forgetEvents(event.sequence);
    }
  }

  /** Stores the current price with a payment that has just finished. Orders have their own price. */
  #recordPrice({ wallet, orders }: CallContext, payment: Payment): void {
    const rate = this.#snapshot?.current.rate ?? null;
    if (rate === null || stateOfPayment(payment) !== "done") return;
    if (Math.abs((payment.finishedAt ?? 0) - rate.at) > maxRateAgeMs) return;
    if (orders.all().some(({ paymentHash }) => paymentHash === payment.paymentHash)) return;
    // not awaited: an unreachable backup must not delay the balance
    void wallet.prices.record(entryId(payment), BigInt(rate.kesCentsPerBtc)).catch(() => {});
  }

  /** Follows all orders, and gives the operator a fresh invoice when it asks for one. */
  async #followOrders(open: CallContext): Promise<void> {
    const { api } = open.wallet;
    while (!this.#stop.signal.aborted) {
      await open.orders.synchronise(api);
      try {
        for await (const event of api.orders.followAll({ signal: this.#stop.signal })) {
          const order = await api.orders.get(event.orderId);
          if (!order.ok) continue;
          open.orders.put(order.value);
          if (order.value.actions.includes("fresh_invoice")) await this.#resume(open);
        }
      } catch {
        // the server refused the stream; retry below
      }
      await this.#pause(maxRetryMs);
    }
  }

  async #refreshOpenOrders(open: CallContext): Promise<void> {
    for (const { id, final } of open.orders.all()) {
      if (final) continue;
      const order = await open.wallet.api.orders.get(id);
      if (order.ok) open.orders.put(order.value);
      else if (order.error.retry !== "never") return;
    }
    if (!open.orders.isComplete) await open.orders.synchronise(open.wallet.api);
  }

  async #resumeWhenConnected(open: CallContext): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (await open.wallet.whenConnected(maxRetryMs)) await this.#resume(open);
      await this.#pause(maxRetryMs);
    }
  }

  async #resume(open: CallContext): ReturnType<Wallet["resume"]> {
    const answers = await this.#runExclusive(() => open.wallet.resume());
    for (const answer of answers) if (answer.ok) open.orders.put(answer.value);
    return answers;
  }

  async #follow(orderId: string, served: ServedCall): Promise<PortValue> {
    const open = await this.#whenOpen();
    if (!open.ok) throw new CallFailed(open.error.code, open.error.message);
    const signal = AbortSignal.any([served.signal, this.#stop.signal]);
    for await (const event of open.value.wallet.follow(orderId, signal)) served.item(event);
    return null;
  }

  #showHistory(): void {
    const open = this.#wallet;
    if (open === undefined) return;
    this.#snapshot?.setHistory(historyItems(open));
  }

  async #showBalances(): Promise<void> {
    const open = this.#wallet;
    if (open === undefined || open.wallet.node.status !== "running") return;
    try {
      const { node } = open.wallet;
      const [balances, channels] = await Promise.all([node.balances(), node.channels()]);
      this.#snapshot?.setBalances(balances, channels);
      const { height: tipHeight } = node.tip();
      const now = this.#clock.now();
      const olderState = await open.olderState.view({ balances, channels, tipHeight, now });
      this.#snapshot?.set({ olderState });
    } catch {
      // the node is restarting; the next check reads them
    }
  }

  /** Reads the balances again soon: a settled HTLC counts only once both sides have removed it from the commitment. */
  #scheduleBalanceChecks(): void {
    for (const cancel of this.#balanceChecks) cancel();
    this.#balanceChecks = workerPolicy.balanceCheckAfterPaymentMs.map((delayMs) =>
      this.#clock.after(delayMs, () => void this.#showBalances()),
    );
  }

  #runExclusive<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.#exclusive.then(work);
    this.#exclusive = result.catch(() => {});
    return result;
  }

  /** Waits. Ends early when the worker is closed, or woken during a retry delay. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#wakers.delete(done);
        resolve();
      };
      const cancel = this.#clock.after(delayMs, done);
      if (this.#stop.signal.aborted) return done();
      // only retry delays end on waking, not short pauses
      if (delayMs >= firstRetryMs) this.#wakers.add(done);
    });
  }

  async #every(everyMs: number, work: () => Promise<unknown>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await work().catch(() => {});
      await this.#pause(everyMs);
    }
  }
}
