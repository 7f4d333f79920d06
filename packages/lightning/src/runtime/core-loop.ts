import { utf8ToBytes } from "@noble/hashes/utils.js";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import { inputTag } from "../core/frames.ts";
import type { Command, CommandResult, CoreError, Event } from "../core/generated/index.ts";
import type { CoreInstance } from "../core/core.ts";
import { readOutput } from "../core/output.ts";
import type { CoreLog, CoreOutput, CoreSend, WatchItem } from "../core/output.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitStore, RowChange, StoredEvent } from "../ports/commit-store.ts";
import type { CoreState } from "../store/core-state.ts";
import type { NodeEventBody } from "../model/events.ts";
import { ReleaseQueue } from "./release-queue.ts";
import type { StoredGroup, Exchange } from "./release-queue.ts";
import { UnitOfWork } from "./unit-of-work.ts";

/** How a command was answered. */
export type CommandOutcome =
  | { readonly ok: true; readonly value: CommandResult }
  | { readonly ok: false; readonly error: CoreError };

/** Where in a commit's life something is: a test may end the process there. */
export type CommitPhase = "beforeStore" | "stored" | "halfSent" | "sent";

/** What the loop need of the node around them. */
export type CoreLoopHost = {
  /** Before the events of an exchange are handled: may load what they speak of. Undefined: nothing to load. */
  readonly prepare: (events: readonly Event[]) => Promise<unknown> | undefined;
  readonly onEvent: (event: Event, unit: UnitOfWork) => void;
  readonly onWatch: (items: readonly WatchItem[]) => void;
  readonly onLog: (log: CoreLog) => void;
  readonly encodeEvent: (event: NodeEventBody, sequence: number) => Uint8Array;
  readonly send: (send: CoreSend) => void;
  /** Events have become durable. */
  readonly onEvents: (lastSequence: number) => void;
  /** The core or the store failed: this life of the node is over. Nothing more will happen. */
  readonly onFailure: (error: unknown) => void;
  readonly probe?: (phase: CommitPhase, commitNumber: number) => void;
};

export type CoreLoopSettings = {
  /** Exchanges whose output waits for the store: beyond, input waits instead, so that one exchange takes more of it. */
  readonly maxUnstored: number;
  /** How long to wait when the core wants to be called again. */
  readonly againAfterMs: number;
};

export const defaultCoreLoopSettings: CoreLoopSettings = { maxUnstored: 1, againAfterMs: 50 };

/**
 * The one place where the core is called, and the rule about it: output is stored, in order, in one atomic write
 * (several exchanges may share it), then it leaves, then the core hears that it is stored. Where a store keeps a second
 * copy elsewhere (`released`), the core hears it once it is stored here, and what comes of it leaves once it is there
 * too: several commits share the way there.
 */
export class CoreLoop {
  readonly #instance: CoreInstance;
  readonly #state: CoreState;
  readonly #store: CommitStore;
  readonly #clock: Clock;
  readonly #host: CoreLoopHost;
  readonly #settings: CoreLoopSettings;
  readonly #input = new ByteWriter(65_536);
  readonly #batch = new ByteWriter(65_536);
  readonly #requests = new Map<number, (outcome: CommandOutcome, unit: UnitOfWork) => void>();
  #nextRequest = 1;
  #local: ((unit: UnitOfWork) => void)[] = [];
  #inputHandled: (() => void)[] = [];
  #waiting: Exchange[] = [];
  readonly #releases: ReleaseQueue;
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
  /** Exchanges, commits, store writes since the start: for benchmarks. */
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
    this.#releases = new ReleaseQueue({
      store: options.store,
      clock: options.clock,
      release: (group, parts) => this.#release(group, parts.transactions),
      releaseTransactions: (group) => this.#sendTransactions(group),
      onFailure: (error) => this.#fail(error),
      onProgress: () => {
        this.#schedule();
        this.#settleIdle();
      },
    });
  }

  /** Input for the next exchange. */
  post(tag: number, write?: (writer: ByteWriter) => void): void {
    if (this.#stopped) return;
    this.#input.frame(tag, write);
    this.#schedule();
  }

  /** Bytes of input that wait for an exchange. */
  get waitingInput(): number {
    return this.#input.length;
  }

  /** A command for the next exchange; its answer is handled inside that exchange's turn. */
  command(command: Command, handle: (outcome: CommandOutcome, unit: UnitOfWork) => void): void {
    const request = this.#nextRequest;
    this.#nextRequest = request === 0xffff_ffff ? 1 : request + 1;
    this.#requests.set(request, handle);
    this.post(inputTag.command, (writer) =>
      writer.u32(request).raw(utf8ToBytes(JSON.stringify(command))),
    );
  }

  /** Asks the core something that changes nothing; resolves without waiting for the store. */
  query(command: Command): Promise<CommandOutcome> {
    return this.#whileAlive((resolve) => this.command(command, resolve));
  }

  /**
   * A command whose answer is handled inside its turn; resolves with what `handle` made of it once that turn is
   * durable. Rejects when this life ends first.
   */
  run<Value>(
    command: Command,
    handle: (outcome: CommandOutcome, unit: UnitOfWork) => Value,
  ): Promise<Value> {
    return this.#whileAlive((resolve) =>
      this.command(command, (outcome, unit) => {
        const value = handle(outcome, unit);
        unit.afterRelease(() => resolve(value));
      }),
    );
  }

  /** Changes of the host's own, in the next turn. */
  queueChange(make: (unit: UnitOfWork) => void): void {
    if (this.#stopped) return;
    this.#local.push(make);
    this.#schedule();
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Resolves once all input so far was handled and is durable here. Rejects when this life ends first. */
  stored(): Promise<void> {
    return this.#whileAlive((resolve) => this.queueChange((unit) => unit.afterStore(resolve)));
  }

  /** Resolves once all input so far was handled and what came of it is durable. Rejects when this life ends first. */
  released(): Promise<void> {
    return this.#whileAlive((resolve) => this.queueChange((unit) => unit.afterRelease(resolve)));
  }

  /** As `settled`, for a change of the host's own. */
  commitChange<Value>(make: (unit: UnitOfWork) => Value): Promise<Value> {
    return this.#whileAlive((resolve) =>
      this.queueChange((unit) => {
        const value = make(unit);
        unit.afterRelease(() => resolve(value));
      }),
    );
  }

  #whileAlive<Value>(begin: (resolve: (value: Value) => void) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(new SessionEnded());
      const onOver = (): void => reject(new SessionEnded());
      this.#onStop.add(onOver);
      begin((value) => {
        this.#onStop.delete(onOver);
        resolve(value);
      });
    });
  }

  /** Resolves when no exchange and no write is under way or due. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Resolves when no write is under way, also after the end of this life: only then may the store be opened again, or
   * the last write could happen behind the back of the next life.
   */
  lastWrite(): Promise<void> {
    return this.#lastWrite;
  }

  /** Events up to this sequence may go, with the next write. */
  forgetEvents(throughSequence: number): void {
    const through = Math.min(throughSequence, this.#lastSequence);
    this.#forgetThrough = Math.max(this.#forgetThrough ?? 0, through);
    this.queueChange(() => {});
  }

  /** Stops at once, as a crash would: what waits is lost. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelAgain?.();
    this.#waiting = [];
    this.#releases.clear();
    this.#requests.clear();
    for (const callback of this.#onStop) callback();
    this.#onStop.clear();
    for (const callback of this.#inputHandled.splice(0)) callback();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Calls back when the input posted so far was handed to the core (or never will be). */
  onInputHandled(callback: () => void): void {
    if (this.#stopped || this.#input.length === 0) callback();
    else this.#inputHandled.push(callback);
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#clock.soon(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#stopped || this.#preparing || this.#releases.isFull) return;
    if (this.#waiting.length >= this.#settings.maxUnstored && this.#writing) return;
    if (this.#input.length === 0 && this.#local.length === 0 && this.#acknowledge === undefined) {
      this.#askForRelease();
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
    const handled = this.#inputHandled;
    this.#inputHandled = [];
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
        this.#host.onLog({ level: 5, text: `input ${tag} was not taken: ${reason}` });
      }
      if (output.watches.length > 0) this.#host.onWatch(output.watches);
      // a record that a command is about is there before the command's answer
      for (const make of this.#local.splice(0)) make(unit);
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
    this.#waiting.push({ output, unit });
    if (!this.#writing) this.#lastWrite = this.#write();
    if (this.#input.length > 0 || this.#local.length > 0) this.#schedule();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#waiting.length > 0 && !this.#stopped) {
        const group = this.#waiting.splice(0);
        const stored = await this.#storeGroup(group);
        // the node may have died while the store was at work
        if (this.#stopped) return;
        for (const { unit } of group) unit.stored();
        if (this.#store.released === undefined) {
          this.#release(stored, true);
          this.#acknowledgeGroup(group);
        } else {
          this.#acknowledgeGroup(group);
          this.#releases.add(stored);
        }
        // what came together while the store was at work is one exchange
        this.#schedule();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = false;
      this.#askForRelease();
      this.#settleIdle();
    }
  }

  /** More commits may be about to come: those that come together go to the second place together. */
  #askForRelease(): void {
    const isQuiet =
      !this.#writing &&
      !this.#preparing &&
      this.#waiting.length === 0 &&
      this.#acknowledge === undefined;
    if (this.#stopped) return;
    try {
      this.#releases.ask(isQuiet);
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
    const forget = this.#forgetThrough;
    if (rows.size === 0 && events.length === 0 && forget === undefined) {
      return { loop: group, commit: this.#commitNumber, isNew: false, lastSequence: undefined };
    }
    const number = this.#commitNumber + 1;
    this.#host.probe?.("beforeStore", number);
    this.#forgetThrough = undefined;
    await this.#store.commit({
      number,
      rows: [...rows.values()],
      events,
      ...(forget === undefined ? {} : { forgetEventsThrough: forget }),
    });
    this.#commitNumber = number;
    this.#lastSequence += events.length;
    this.counters.writes += 1;
    this.counters.commits += group.filter(({ output }) => output.commit !== undefined).length;
    this.#host.probe?.("stored", number);
    const lastSequence = events.length > 0 ? this.#lastSequence : undefined;
    return { loop: group, commit: number, isNew: true, lastSequence };
  }

  #acknowledgeGroup(group: readonly Exchange[]): void {
    for (const { output } of group) {
      if (output.commit !== undefined) this.#acknowledge = output.commit.id;
    }
  }

  #release({ loop, lastSequence }: StoredGroup, withTransactions: boolean): void {
    if (lastSequence !== undefined) this.#host.onEvents(lastSequence);
    const sends = loop
      .flatMap(({ output }) => output.sends)
      .filter(({ kind }) => withTransactions || kind !== "transactions");
    const half = Math.ceil(sends.length / 2);
    for (const [at, send] of sends.entries()) {
      if (at === half) this.#host.probe?.("halfSent", this.#commitNumber);
      this.#host.send(send);
    }
    this.#host.probe?.("sent", this.#commitNumber);
    for (const { unit } of loop) unit.release();
  }

  #sendTransactions({ loop }: StoredGroup): void {
    for (const { output } of loop)
      for (const send of output.sends) if (send.kind === "transactions") this.#host.send(send);
  }

  #isIdle(): boolean {
    return (
      this.#stopped ||
      (!this.#writing &&
        !this.#preparing &&
        !this.#scheduled &&
        this.#waiting.length === 0 &&
        this.#releases.isEmpty &&
        this.#input.length === 0 &&
        this.#local.length === 0 &&
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

/** This life of the node ended before the call was done: what it asked for may or may not have happened. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
}
