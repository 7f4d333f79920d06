import { utf8ToBytes } from "@noble/hashes/utils.js";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import { inputTag } from "../core/frames.ts";
import type { Command, CommandResult, CoreError, Event } from "../core/generated/index.ts";
import type { CoreInstance } from "../core/core.ts";
import { readOutput } from "../core/output.ts";
import type { ChannelPosition, CoreLog, CoreOutput, CoreSend, WatchItem } from "../core/output.ts";
import { corePolicy } from "../model/policy.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitStore, RowChange, StoredEvent } from "../ports/commit-store.ts";
import type { CoreState } from "../store/core-state.ts";
import type { NodeEventBody } from "../model/events.ts";
import { ReleaseQueue } from "./release-queue.ts";
import type { StoredGroup, Exchange, TransactionsSend } from "./release-queue.ts";
import { UnitOfWork } from "./unit-of-work.ts";

/** The core's answer to a command. */
export type CommandOutcome =
  | { readonly ok: true; readonly value: CommandResult }
  | { readonly ok: false; readonly error: CoreError };

/** Points in the processing of a commit at which tests simulate a crash. */
export type CommitPhase = "beforeStore" | "stored" | "halfSent" | "sent";

/** Callbacks into the node. */
export type CoreLoopHost = {
  /** Called before an exchange's events are handled, to load the records they refer to. Undefined: nothing to load. */
  readonly prepare: (events: readonly Event[]) => Promise<unknown> | undefined;
  readonly onEvent: (event: Event, unit: UnitOfWork) => void;
  readonly onWatch: (items: readonly WatchItem[]) => void;
  /** The core asks for these funding outputs. Each has to be answered once. */
  readonly onLookups: (channels: readonly ChannelPosition[]) => void;
  readonly onLog: (log: CoreLog) => void;
  readonly encodeEvent: (event: NodeEventBody, sequence: number) => Uint8Array;
  readonly send: (send: CoreSend) => void;
  /** Events up to this sequence are durable and may be published. */
  readonly onEvents: (lastSequence: number) => void;
  /** The core or the store failed. The loop has stopped: no further callbacks follow. */
  readonly onFailure: (error: unknown) => void;
  readonly probe?: (phase: CommitPhase, commitNumber: number) => void;
};

export type CoreLoopSettings = {
  /** See `corePolicy.maxUnstoredExchanges`. */
  readonly maxUnstored: number;
  /** See `corePolicy.callAgainDelayMs`. */
  readonly againAfterMs: number;
};

/** Input from and about peers. It waits while the release queue is full; all other input never does. */
const peerTags: ReadonlySet<number> = new Set([
  inputTag.connectedOut,
  inputTag.connectedIn,
  inputTag.read,
  inputTag.disconnected,
]);

export const defaultCoreLoopSettings: CoreLoopSettings = {
  maxUnstored: corePolicy.maxUnstoredExchanges,
  againAfterMs: corePolicy.callAgainDelayMs,
};

/**
 * Drives the core. One exchange at a time: input goes in; the core's commit and the node's own changes are written in one
 * atomic write (exchanges that wait for the store share the next one); only then are bytes and transactions sent; only
 * then is the commit acknowledged to the core.
 *
 * With a store that keeps a second copy (`CommitStore.released`), the commit is acknowledged once it is stored locally,
 * and the output is sent once the second copy has it too. Several commits share one transfer to the second copy. While
 * the second copy cannot be reached, only peers wait: the chain, the time and commands are handled as usual, so that a
 * channel can be closed and its coins swept.
 */
export class CoreLoop {
  readonly #instance: CoreInstance;
  readonly #state: CoreState;
  readonly #store: CommitStore;
  readonly #clock: Clock;
  readonly #host: CoreLoopHost;
  readonly #settings: CoreLoopSettings;
  readonly #input = new ByteWriter(65_536);
  /** Peers' input that waits because the release queue is full; newer than any of theirs in `#input`. */
  readonly #heldInput = new ByteWriter();
  readonly #batch = new ByteWriter(65_536);
  readonly #requests = new Map<number, (outcome: CommandOutcome, unit: UnitOfWork) => void>();
  #nextRequest = 1;
  #queuedChanges: ((unit: UnitOfWork) => void)[] = [];
  #inputHandled: (() => void)[] = [];
  #unstored: Exchange[] = [];
  readonly #releaseQueue: ReleaseQueue;
  #acknowledge: number | undefined;
  #commitNumber: number;
  #lastSequence: number;
  #forgetThrough: number | undefined;
  #scheduled = false;
  #preparing = false;
  #writing = false;
  #lastWrite: Promise<void> = Promise.resolve();
  #stopped = false;
  #cancelAgain: (() => void) | undefined;
  #idle: (() => void)[] = [];
  readonly #onStop = new Set<() => void>();
  /** Numbers of exchanges, core commits and store writes since the start, for benchmarks. */
  readonly counters = { exchanges: 0, commits: 0, writes: 0 };

  constructor(options: {
    readonly instance: CoreInstance;
    readonly state: CoreState;
    readonly store: CommitStore;
    readonly position: { readonly commitNumber: number; readonly lastSequence: number };
    readonly clock: Clock;
    readonly host: CoreLoopHost;
    readonly settings: CoreLoopSettings;
  }) {
    this.#instance = options.instance;
    this.#state = options.state;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#host = options.host;
    this.#settings = options.settings;
    this.#commitNumber = options.position.commitNumber;
    this.#lastSequence = options.position.lastSequence;
    this.#releaseQueue = new ReleaseQueue({
      store: options.store,
      clock: options.clock,
      release: (group, transactions) => this.#release(group, transactions),
      releaseTransactions: (transactions) => {
        for (const send of transactions) this.#host.send(send);
      },
      onFailure: (error) => this.#fail(error),
      onProgress: () => {
        this.#schedule();
        this.#settleIdle();
      },
    });
  }

  /** Queues an input frame for the next exchange. */
  post(tag: number, write?: (writer: ByteWriter) => void): void {
    if (this.#stopped) return;
    if (peerTags.has(tag) && this.#releaseQueue.isFull) {
      this.#heldInput.frame(tag, write);
      return;
    }
    this.#takeHeldInput();
    this.#input.frame(tag, write);
    this.#schedule();
  }

  /** Bytes of queued input. */
  get waitingInput(): number {
    return this.#input.length + this.#heldInput.length;
  }

  #takeHeldInput(): void {
    if (this.#heldInput.length === 0 || this.#releaseQueue.isFull) return;
    this.#input.raw(this.#heldInput.view());
    this.#heldInput.clear();
  }

  /** Queues a command for the next exchange. `handle` runs with the answer, in that exchange's unit of work. */
  command(command: Command, handle: (outcome: CommandOutcome, unit: UnitOfWork) => void): void {
    const request = this.#nextRequest;
    this.#nextRequest = request === 0xffff_ffff ? 1 : request + 1;
    this.#requests.set(request, handle);
    this.post(inputTag.command, (writer) =>
      writer.u32(request).raw(utf8ToBytes(JSON.stringify(command))),
    );
  }

  /** Runs a command that changes nothing. Resolves without waiting for the store. */
  query(command: Command): Promise<CommandOutcome> {
    return this.#untilStopped((resolve) => this.command(command, resolve));
  }

  /**
   * Runs a command and handles its answer in the exchange's unit of work. Resolves with `handle`'s result once that is
   * released. Rejects with SessionEnded when the core stops first.
   */
  run<Value>(
    command: Command,
    handle: (outcome: CommandOutcome, unit: UnitOfWork) => Value,
  ): Promise<Value> {
    return this.#untilStopped((resolve) =>
      this.command(command, (outcome, unit) => {
        const value = handle(outcome, unit);
        unit.afterRelease(() => resolve(value));
      }),
    );
  }

  /** As `run`, but resolves once the result is stored: for what must not wait for the second copy. */
  runUntilStored<Value>(
    command: Command,
    handle: (outcome: CommandOutcome, unit: UnitOfWork) => Value,
  ): Promise<Value> {
    return this.#untilStopped((resolve) =>
      this.command(command, (outcome, unit) => {
        const value = handle(outcome, unit);
        unit.afterStore(() => resolve(value));
      }),
    );
  }

  /** Queues changes of the node's own, for the next exchange's unit of work. */
  queueChange(make: (unit: UnitOfWork) => void): void {
    if (this.#stopped) return;
    this.#queuedChanges.push(make);
    this.#schedule();
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Resolves once all input so far has been handled and stored. Rejects with SessionEnded when the core stops first. */
  stored(): Promise<void> {
    return this.#untilStopped((resolve) => this.queueChange((unit) => unit.afterStore(resolve)));
  }

  /**
   * Resolves once all input so far has been handled, stored (also in the second copy), and its output sent. Rejects with
   * SessionEnded when the core stops first.
   */
  released(): Promise<void> {
    return this.#untilStopped((resolve) => this.queueChange((unit) => unit.afterRelease(resolve)));
  }

  /** As `queueChange`. Resolves with the result once it is released; rejects as `released` does. */
  commitChange<Value>(make: (unit: UnitOfWork) => Value): Promise<Value> {
    return this.#untilStopped((resolve) =>
      this.queueChange((unit) => {
        const value = make(unit);
        unit.afterRelease(() => resolve(value));
      }),
    );
  }

  /** A promise that `begin` resolves. Rejects with SessionEnded when the loop stops first. */
  #untilStopped<Value>(begin: (resolve: (value: Value) => void) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(new SessionEnded());
      const onStop = (): void => reject(new SessionEnded());
      this.#onStop.add(onStop);
      begin((value) => {
        this.#onStop.delete(onStop);
        resolve(value);
      });
    });
  }

  /** Resolves when nothing is queued, being exchanged, written or released. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Resolves when no write is in progress, also after the loop has stopped. The store must not be reopened before:
   * otherwise the last write could still land after the next session has read its state.
   */
  lastWrite(): Promise<void> {
    return this.#lastWrite;
  }

  /** Deletes events up to this sequence with the next write. */
  forgetEvents(throughSequence: number): void {
    const through = Math.min(throughSequence, this.#lastSequence);
    this.#forgetThrough = Math.max(this.#forgetThrough ?? 0, through);
    this.queueChange(() => {});
  }

  /** Stops at once, as in a crash: everything not stored yet is lost. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelAgain?.();
    this.#unstored = [];
    this.#releaseQueue.clear();
    this.#requests.clear();
    for (const callback of this.#onStop) callback();
    this.#onStop.clear();
    for (const callback of this.#inputHandled.splice(0)) callback();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Calls back once the input queued so far has been given to the core, or the loop has stopped. */
  onInputHandled(callback: () => void): void {
    if (this.#stopped || this.waitingInput === 0) callback();
    else this.#inputHandled.push(callback);
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#clock.soon(() => {
      this.#scheduled = false;
      this.#runExchange();
    });
  }

  #runExchange(): void {
    if (this.#stopped || this.#preparing) return;
    if (this.#unstored.length >= this.#settings.maxUnstored && this.#writing) return;
    this.#takeHeldInput();
    if (
      this.#input.length === 0 &&
      this.#queuedChanges.length === 0 &&
      this.#acknowledge === undefined
    ) {
      this.#requestRelease();
      this.#settleIdle();
      return;
    }
    let output: CoreOutput;
    try {
      output = this.#exchange();
    } catch (error) {
      this.#fail(error);
      return;
    }
    const preparation = output.events.length === 0 ? undefined : this.#host.prepare(output.events);
    if (preparation === undefined) {
      this.#handle(output);
      return;
    }
    void this.#handleAfter(preparation, output);
  }

  async #handleAfter(preparation: Promise<unknown>, output: CoreOutput): Promise<void> {
    this.#preparing = true;
    try {
      await preparation;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#preparing = false;
    if (!this.#stopped) this.#handle(output);
  }

  #exchange(): CoreOutput {
    const batch = this.#batch;
    batch.frame(inputTag.now, (writer) => writer.u64(Math.floor(this.#clock.now() / 1000)));
    const acknowledge = this.#acknowledge;
    if (acknowledge !== undefined) {
      batch.frame(inputTag.acknowledge, (writer) => writer.u64(acknowledge));
      this.#acknowledge = undefined;
    }
    batch.raw(this.#input.view());
    this.#input.clear();
    const frames = batch.take();
    const handled = this.#heldInput.length > 0 ? [] : this.#inputHandled.splice(0);
    this.counters.exchanges += 1;
    const output = readOutput(this.#instance.exchange(frames));
    for (const callback of handled) callback();
    return output;
  }

  #handle(output: CoreOutput): void {
    const unit = new UnitOfWork();
    try {
      for (const log of output.logs) this.#host.onLog(log);
      for (const { tag, reason } of output.rejected) {
        this.#host.onLog({ level: 5, text: `input frame ${tag} rejected: ${reason}` });
      }
      if (output.watches.length > 0) this.#host.onWatch(output.watches);
      if (output.lookups.length > 0) this.#host.onLookups(output.lookups);
      // queued changes first: a command's record must exist before its answer is handled
      for (const make of this.#queuedChanges.splice(0)) make(unit);
      for (const result of output.results) {
        const handle = this.#requests.get(result.request);
        this.#requests.delete(result.request);
        handle?.(result, unit);
      }
      for (const event of output.events) this.#host.onEvent(event, unit);
    } catch (error) {
      this.#fail(error);
      return;
    }
    for (const { kind, bytes } of output.snapshots)
      unit.rows.push(this.#state.snapshot(kind, bytes));
    if (output.again && this.#cancelAgain === undefined) {
      this.#cancelAgain = this.#clock.after(this.#settings.againAfterMs, () => {
        this.#cancelAgain = undefined;
        this.queueChange(() => {});
      });
    }
    this.#unstored.push({ output, unit });
    if (!this.#writing) this.#lastWrite = this.#write();
    if (this.#input.length > 0 || this.#queuedChanges.length > 0) this.#schedule();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#unstored.length > 0 && !this.#stopped) {
        const group = this.#unstored.splice(0);
        const stored = await this.#storeGroup(group);
        // the loop may have been stopped during the write
        if (this.#stopped) return;
        for (const { unit } of group) unit.stored();
        if (this.#store.released === undefined) {
          this.#release(
            stored,
            group
              .flatMap(({ output }) => output.sends)
              .filter((send) => send.kind === "transactions"),
          );
          this.#acknowledgeGroup(group);
        } else {
          this.#acknowledgeGroup(group);
          this.#releaseQueue.add(stored);
        }
        // input that arrived during the write shares one exchange
        this.#schedule();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = false;
      this.#requestRelease();
      this.#settleIdle();
    }
  }

  /** Requests the second copy once no further commit is imminent, so that several commits share one transfer. */
  #requestRelease(): void {
    const isQuiet =
      !this.#writing &&
      !this.#preparing &&
      this.#unstored.length === 0 &&
      this.#acknowledge === undefined;
    if (this.#stopped) return;
    try {
      this.#releaseQueue.request(isQuiet);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #storeGroup(group: readonly Exchange[]): Promise<StoredGroup> {
    const rows = new Map<string, RowChange>();
    const events: StoredEvent[] = [];
    for (const { output, unit } of group) {
      const changed = output.commit === undefined ? [] : this.#state.changes(output.commit);
      for (const row of [...changed, ...unit.rows]) rows.set(`${row.table}\n${row.key}`, row);
      for (const event of unit.events) {
        const sequence = this.#lastSequence + events.length + 1;
        events.push({ sequence, value: this.#host.encodeEvent(event, sequence) });
      }
    }
    const forgetThrough = this.#forgetThrough;
    if (rows.size === 0 && events.length === 0 && forgetThrough === undefined) {
      return {
        exchanges: group,
        commit: this.#commitNumber,
        isNew: false,
        lastSequence: undefined,
      };
    }
    const number = this.#commitNumber + 1;
    this.#host.probe?.("beforeStore", number);
    this.#forgetThrough = undefined;
    await this.#store.commit({
      number,
      rows: [...rows.values()],
      events,
      ...(forgetThrough === undefined ? {} : { forgetEventsThrough: forgetThrough }),
    });
    this.#commitNumber = number;
    this.#lastSequence += events.length;
    this.counters.writes += 1;
    this.counters.commits += group.filter(({ output }) => output.commit !== undefined).length;
    this.#host.probe?.("stored", number);
    const lastSequence = events.length > 0 ? this.#lastSequence : undefined;
    return { exchanges: group, commit: number, isNew: true, lastSequence };
  }

  #acknowledgeGroup(group: readonly Exchange[]): void {
    for (const { output } of group) {
      if (output.commit !== undefined) this.#acknowledge = output.commit.id;
    }
  }

  /** @param transactions those of the group that have not been broadcast yet */
  #release(
    { exchanges, lastSequence }: StoredGroup,
    transactions: readonly TransactionsSend[],
  ): void {
    if (lastSequence !== undefined) this.#host.onEvents(lastSequence);
    const sends = exchanges
      .flatMap(({ output }) => output.sends)
      .filter((send) => send.kind !== "transactions" || transactions.includes(send));
    const half = Math.ceil(sends.length / 2);
    for (const [at, send] of sends.entries()) {
      if (at === half) this.#host.probe?.("halfSent", this.#commitNumber);
      this.#host.send(send);
    }
    this.#host.probe?.("sent", this.#commitNumber);
    for (const { unit } of exchanges) unit.release();
  }

  #isIdle(): boolean {
    return (
      this.#stopped ||
      (!this.#writing &&
        !this.#preparing &&
        !this.#scheduled &&
        this.#unstored.length === 0 &&
        this.#releaseQueue.isEmpty &&
        this.waitingInput === 0 &&
        this.#queuedChanges.length === 0 &&
        this.#acknowledge === undefined)
    );
  }

  #settleIdle(): void {
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#host.onFailure(error);
  }
}

/** The core stopped before the call completed. It is unknown whether the call took effect. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
}
