import {
  esploraChain,
  loadWasmCore,
  sealStore,
  systemClock,
  systemEntropy,
} from "@satsconnect/lightning";
import type { Clock, EntropySource, LightningCore, Payment } from "@satsconnect/lightning";
import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { stateOfPayment } from "../payments/history.ts";
import type { LogLine } from "../port/calls.ts";
import { asBoolean, asBytes, asOptional, asRecord, asText } from "../port/check.ts";
import type { Encoding } from "../port/encoding.ts";
import { hostFetch, hostLogger, hostNotes, hostStore, hostTransport } from "./host-ports.ts";
import { CallFailed, Link } from "../port/link.ts";
import type { Pipe, Served } from "../port/link.ts";
import type { PortRecord, PortValue } from "../port/value.ts";
import { sessionIn } from "../storage/session-store.ts";
import { openWallet } from "../wallet.ts";
import type { Wallet, WalletOptions } from "../wallet.ts";
import { answerCall, historyItems, isAnswered } from "./call-handlers.ts";
import type { OpenHome } from "./call-handlers.ts";
import { Downtime } from "./downtime.ts";
import { Leave } from "./leave.ts";
import { OrderBook } from "./order-cache.ts";
import { PaymentList } from "./payment-list.ts";
import { deviceKeys, notesUnder, sealedNotes } from "./device-encryption.ts";
import { SendQueue } from "./send-queue.ts";
import { SnapshotBoard } from "./snapshot.ts";
import { entryId } from "./views.ts";

export type HomeOptions = {
  readonly pipe: Pipe;
  readonly encoding: Encoding;
  readonly session: string;
  /** The core's WebAssembly, however it comes here. */
  readonly core: () => Promise<Parameters<typeof loadWasmCore>[0]>;
};

const startPatienceMs = 60_000;
const firstRetryMs = 2_000;
const longestRetryMs = 30_000;
const lookMs = 1_000;
const balanceMs = 15_000;
const settlingMs = [150, 600, 2_500];
const infoMs = 60_000;
const movingMs = 20_000;
const mostLogs = 200;
const restarts = "node_restarts";
/** Between a payment's end and the price that it is written down with. */
const longestPriceAgeMs = 3_600_000;

/** Serves one wallet over a port, from `open` on until `close`. It computes; the host does all else. */
export function runHome(options: HomeOptions): void {
  const link = new Link({
    pipe: options.pipe,
    encoding: options.encoding,
    session: options.session,
    serve: (name, params, served) => home.serve(name, params, served),
    onTold: (name) => {
      if (name === "wake") home.wake();
    },
  });
  const home = new Home(link, options);
}

/** What `open` says. */
type Opening = {
  readonly seed: Uint8Array;
  readonly apiUrl: string;
  readonly device: { readonly id: string; readonly name: string };
  readonly backup: WalletOptions["backup"];
  readonly mayRestore: boolean;
};

class Home {
  readonly #link: Link;
  readonly #options: HomeOptions;
  readonly #clock: Clock = systemClock;
  readonly #entropy: EntropySource = systemEntropy;
  readonly #logs: LogLine[] = [];
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #downtime = new Downtime();
  #opening: Opening | undefined;
  #board: SnapshotBoard | undefined;
  #open: OpenHome | undefined;
  #flow: Promise<unknown> = Promise.resolve();
  #looks: readonly (() => void)[] = [];
  readonly #wakers = new Set<() => void>();

  constructor(link: Link, options: HomeOptions) {
    this.#link = link;
    this.#options = options;
  }

  async serve(name: string, params: PortRecord, served: Served): Promise<PortValue> {
    switch (name) {
      case "open":
        return this.#begin(params);
      case "ping":
        return null;
      case "close":
        return this.#close();
      case "follow":
        return this.#follow(asText(params["orderId"], 100), served);
      case "info":
        return (await this.#info()) as unknown as PortValue;
      default: {
        if (!isAnswered(name)) throw new CallFailed("unknown_call", "A home does no such thing.");
        const open = await this.#whenOpen();
        const answer = open.ok ? await answerCall(name, open.value, params) : open;
        return answer as unknown as PortValue;
      }
    }
  }

  /** The host says that there may be a network again, or that somebody looks. */
  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  async #begin(params: PortRecord): Promise<null> {
    if (this.#opening !== undefined) throw new CallFailed("already_open", "It is open already.");
    const device = asRecord(params["device"]);
    const opening: Opening = {
      seed: asBytes(params["seed"]).slice(),
      apiUrl: asText(params["apiUrl"], 1_000),
      device: { id: asText(device["id"], 64), name: asText(device["name"], 80) },
      backup:
        asOptional(params["backup"], asBoolean) === false
          ? undefined
          : {
              isNewSeed: asOptional(params["isNewSeed"], asBoolean) ?? false,
              takeOver: asOptional(params["takeOver"], asBoolean) ?? false,
            },
      mayRestore: asOptional(params["restore"], asBoolean) ?? false,
    };
    asBytes(params["seed"]).fill(0);
    this.#opening = opening;
    const keys = deviceKeys(opening.seed);
    const notes = sealedNotes(hostNotes(this.#link), keys.notes, this.#entropy);
    const cache = notesUnder(notes, "cache/");
    const board = new SnapshotBoard(this.#clock, cache, (snapshot) =>
      this.#link.tell("snapshot", snapshot),
    );
    this.#board = board;
    if (opening.backup === undefined) board.setBackup(undefined);
    if (opening.mayRestore) board.set({ phase: "restoring" });
    const orders = new OrderBook(cache, () => this.#showHistory());
    await board.load();
    await orders.load();
    board.flush();
    void this.#live(opening, keys.state, notes, board, orders).catch((error: unknown) => {
      this.#failed("home_failed", error instanceof Error ? error.message : "unknown");
    });
    return null;
  }

  async #live(
    opening: Opening,
    stateKey: Uint8Array<ArrayBuffer>,
    notes: ReturnType<typeof sealedNotes>,
    board: SnapshotBoard,
    orders: OrderBook,
  ): Promise<void> {
    const core = await loadWasmCore(await this.#options.core());
    const wallet = await this.#openWallet(opening, core, stateKey, notes, board);
    if (wallet === undefined) return;
    const payments = await PaymentList.of(wallet.node);
    const queue = await SendQueue.open({
      wallet,
      notes: notesUnder(notes, "wallet/"),
      latest: (paymentHash) => payments.latest(paymentHash, "outbound"),
      now: () => this.#clock.now(),
      onChange: () => this.#showHistory(),
    });
    const open: OpenHome = {
      core,
      queue,
      wallet,
      orders,
      payments,
      leave: new Leave(wallet.node, notesUnder(notes, "wallet/")),
      logs: () => this.#logs,
      now: () => this.#clock.now(),
      newId: () => crypto.randomUUID(),
      inTurn: (work) => this.#inTurn(work),
      pause: (delayMs) => this.#pause(delayMs),
    };
    if (this.#stop.signal.aborted) return wallet.close();
    this.#open = open;
    board.set({ nodeId: wallet.node.nodeId, network: wallet.node.network, failure: null });
    await this.#showBalances();
    this.#showHistory();
    board.set({ phase: "ready" });
    board.flush();
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    void wallet.node.stopped.then((status) => this.#stopped(status));
    await Promise.all([
      this.#hearNode(open),
      this.#hearOrders(open),
      this.#every(lookMs, () => this.#look(open)),
      this.#every(balanceMs, () => this.#showBalances()),
      this.#every(infoMs, () => this.#info()),
      this.#every(movingMs, () => this.#refreshMoving(open)),
      this.#resumeWhenConnected(open),
    ]);
  }

  /** Tries until it opens, or until it never will. */
  async #openWallet(
    opening: Opening,
    core: LightningCore,
    stateKey: Uint8Array<ArrayBuffer>,
    notes: ReturnType<typeof sealedNotes>,
    board: SnapshotBoard,
  ): Promise<Wallet | undefined> {
    let retryMs = firstRetryMs;
    const logger = hostLogger((level, message) => {
      this.#logs.push({ at: this.#clock.now(), level, message });
      if (this.#logs.length > mostLogs) this.#logs.shift();
      this.#link.tell("log", { level, message });
    });
    const store = await sealStore(hostStore(this.#link), stateKey);
    const fetchByHost = this.#observed(hostFetch(this.#link), opening.apiUrl, board);
    for (;;) {
      const opened = await openWallet({
        apiUrl: opening.apiUrl,
        seed: () => opening.seed.slice(),
        core,
        store,
        notes: notesUnder(notes, "wallet/"),
        sessionStore: sessionIn(notesUnder(notes, "cache/")),
        chain: (url) => esploraChain({ url, fetch: fetchByHost }),
        transport: hostTransport(this.#link),
        clock: this.#clock,
        entropy: this.#entropy,
        logger,
        device: opening.device,
        newId: () => crypto.randomUUID(),
        fetch: fetchByHost,
        ...(opening.backup === undefined ? {} : { backup: opening.backup }),
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
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }

  #failed(code: string, message: string): void {
    this.#board?.set({ phase: "failed", failure: { code, message } });
    this.#board?.flush();
  }

  #replaced(code: "other_device" | "other_tab"): void {
    const message =
      code === "other_device"
        ? "This wallet lives on another device now."
        : "This wallet runs in another tab now.";
    this.#board?.set({ phase: "replaced", failure: { code, message } });
    this.#board?.flush();
  }

  #stopped(status: string): void {
    if (this.#stop.signal.aborted) return;
    const isReplaced = this.#open?.wallet.backup?.status().state === "replaced";
    this.#open = undefined;
    this.#stop.abort();
    this.#wakeAll();
    if (isReplaced || status === "fenced")
      return this.#replaced(isReplaced ? "other_device" : "other_tab");
    this.#failed("node_stopped", "The node has stopped.");
  }

  async #close(): Promise<null> {
    const open = this.#open;
    this.#open = undefined;
    this.#stop.abort();
    this.#wakeAll();
    this.#opening?.seed.fill(0);
    await open?.wallet.close();
    return null;
  }

  #wakeAll(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    this.wake();
  }

  /** The open wallet, once it is; or why it is not. */
  async #whenOpen(): Promise<Result<OpenHome>> {
    const phase = this.#board?.now.phase;
    if (this.#open === undefined && (phase === "starting" || phase === "restoring")) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(startPatienceMs, resolve);
        this.#waiting.add(() => {
          cancel();
          resolve();
        });
      });
    }
    if (this.#open !== undefined) return { ok: true, value: this.#open };
    const failure = this.#board?.now.failure;
    return failure === null || failure === undefined
      ? err("wallet_starting", "The wallet is still starting. Nothing has happened.", "safe")
      : err(failure.code, failure.message, "safe");
  }

  // What the outside says

  /** Requests of the API tell whether it can be reached. */
  #observed(send: typeof fetch, apiUrl: string, board: SnapshotBoard): typeof fetch {
    return async (input, init) => {
      const isApi = String(input).startsWith(apiUrl);
      try {
        const response = await send(input, init);
        if (isApi) board.setConnection({ api: "online" });
        return response;
      } catch (error) {
        const isOurs = error instanceof Error && error.name === "AbortError";
        if (isApi && !isOurs) board.setConnection({ api: "offline" });
        throw error;
      }
    };
  }

  async #info(): Promise<Result<unknown>> {
    const open = await this.#whenOpen();
    const known = this.#board?.info;
    if (!open.ok) return known === undefined ? open : { ok: true, value: known };
    const info = await open.value.wallet.info();
    if (info.ok) this.#board?.setInfo(info.value);
    return info.ok || known === undefined ? info : { ok: true, value: known };
  }

  async #look({ wallet, queue }: OpenHome): Promise<void> {
    const board = this.#board;
    if (board === undefined) return;
    const isConnected = wallet.node
      .peers()
      .some(({ nodeId, connected }) => nodeId === wallet.operator.nodeId && connected);
    if (this.#downtime.isTold(wallet.node.status === "running", this.#clock.now())) {
      if (board.now.phase === "ready") this.#failed(restarts, "The node starts again and again.");
    } else if (board.now.failure?.code === restarts) board.set({ phase: "ready", failure: null });
    const before = board.now.connection;
    const node = isConnected ? "connected" : before.api === "offline" ? "offline" : "connecting";
    board.setConnection({ node, ...(isConnected ? { api: "online" as const } : {}) });
    if (node !== before.node) await this.#showBalances();
    await queue.goOn(isConnected);
    if (wallet.backup !== null) {
      const { state, since, goesOnUntil } = wallet.backup.status();
      const shown = board.now.backup;
      if (shown.since !== since || shown.state !== state || shown.goesOnUntil !== goesOnUntil)
        board.setBackup(wallet.backup.status());
    }
  }

  async #hearNode(open: OpenHome): Promise<void> {
    const { node } = open.wallet;
    for await (const event of node.events(node.lastSequence, this.#stop.signal)) {
      if (open.payments.hear(event)) {
        if (event.type === "payment") this.#keepPrice(open, event.payment);
        this.#showHistory();
      }
      await this.#showBalances();
      this.#lookAgain();
      await open.leave.goOn().catch(() => {});
      await node.forgetEvents(event.sequence);
    }
  }

  /** What a payment was worth is known only while it is new; an order says it itself. */
  #keepPrice({ wallet, orders }: OpenHome, payment: Payment): void {
    const rate = this.#board?.now.rate ?? null;
    if (rate === null || stateOfPayment(payment) !== "done") return;
    if (Math.abs((payment.finishedAt ?? 0) - rate.at) > longestPriceAgeMs) return;
    if (orders.all().some(({ paymentHash }) => paymentHash === payment.paymentHash)) return;
    // not waited for: an unreachable backup must not keep the balance from being shown
    void wallet.prices.keep(entryId(payment), BigInt(rate.kesCentsPerBtc)).catch(() => {});
  }

  /** Orders as they change, live; what they need of the wallet on the way is done. */
  async #hearOrders(open: OpenHome): Promise<void> {
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
        // refused: by a server that may think otherwise later
      }
      await this.#pause(longestRetryMs);
    }
  }

  async #refreshMoving(open: OpenHome): Promise<void> {
    for (const { id, final } of open.orders.all()) {
      if (final) continue;
      const order = await open.wallet.api.orders.get(id);
      if (order.ok) open.orders.put(order.value);
      else if (order.error.retry !== "never") return;
    }
    if (!open.orders.isComplete) await open.orders.synchronise(open.wallet.api);
    await open.leave.goOn().catch(() => {});
  }

  async #resumeWhenConnected(open: OpenHome): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (await open.wallet.whenConnected(longestRetryMs)) await this.#resume(open);
      await this.#pause(longestRetryMs);
    }
  }

  async #resume(open: OpenHome): ReturnType<Wallet["resume"]> {
    const answers = await this.#inTurn(() => open.wallet.resume());
    for (const answer of answers) if (answer.ok) open.orders.put(answer.value);
    return answers;
  }

  async #follow(orderId: string, served: Served): Promise<PortValue> {
    const open = await this.#whenOpen();
    if (!open.ok) throw new CallFailed(open.error.code, open.error.message);
    const signal = AbortSignal.any([served.signal, this.#stop.signal]);
    for await (const event of open.value.wallet.follow(orderId, signal)) served.item(event);
    return null;
  }

  // What is shown

  #showHistory(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#board?.setHistory(historyItems(open));
  }

  async #showBalances(): Promise<void> {
    const open = this.#open;
    if (open === undefined || open.wallet.node.status !== "running") return;
    try {
      const { node } = open.wallet;
      this.#board?.setBalances(...(await Promise.all([node.balances(), node.channels()])));
    } catch {
      // the node starts again: the next look has them
    }
  }

  /** A payment is settled before both sides have forgotten it: only then is its amount in the balance. */
  #lookAgain(): void {
    for (const cancel of this.#looks) cancel();
    this.#looks = settlingMs.map((delayMs) =>
      this.#clock.after(delayMs, () => void this.#showBalances()),
    );
  }

  // Time

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#flow.then(work);
    this.#flow = turn.catch(() => {});
    return turn;
  }

  /** Ends early when the home is closed, or woken. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#wakers.delete(done);
        resolve();
      };
      const cancel = this.#clock.after(delayMs, done);
      if (this.#stop.signal.aborted) return done();
      // short ones are not for waking
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
