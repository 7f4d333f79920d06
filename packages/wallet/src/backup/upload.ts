import { WriterFenced } from "@satsconnect/lightning";
import type { Clock, Logger, StorePosition } from "@satsconnect/lightning";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { Bases } from "./dictionaries.ts";
import type { Head, SegmentEntry } from "./head.ts";
import { noteTable } from "./local-rows.ts";
import type { NewSegment, RemoteBackup } from "./remote-backup.ts";
import { encodeSegment, replay, rowId } from "./segment.ts";
import type { BackupRow, Rows } from "./segment.ts";
import type { StatusBoard } from "./backup-status.ts";

/** What nobody waits for takes its time: more of it shares one write. */
const lingerMs = 300;
/** Nothing was written for so long: a moment for putting segments together. */
const idleMs = 3_000;
/** Segments of one level that are put together into one of the next. */
const fanOut = 8;
/** So many of the lowest level are put together without waiting for an idle moment. */
const mostLoose = 32;
const firstRetryMs = 500;
const lastRetryMs = 15_000;
/** Rows of one segment, before compression; segments of one write, after it. */
const segmentBytes = 1024 * 1024;
const writeBytes = 3 * 1024 * 1024;
const fullLevel = 3;

type Pending = { readonly row: BackupRow; readonly commit: number; readonly note: number };
type Waiter = {
  readonly commit: number;
  readonly note: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** Where the backup stands, as its head says, or nothing yet. */
export type RemotePosition = Pick<
  Head,
  "version" | "segments" | "nextSegment" | "commit" | "lastSequence" | "notes"
>;

export const emptyRemote: RemotePosition = {
  version: 0,
  segments: [],
  nextSegment: 1,
  commit: 0,
  lastSequence: 0,
  notes: 0,
};

/** How a write went: `again` means that the backup is further than was thought, and the write is to be made anew. */
type Written =
  | { readonly kind: "written"; readonly position: RemotePosition }
  | { readonly kind: "again" }
  | { readonly kind: "notNow" };

/** What an unverified remote turned out to be, for a node that is running already. */
export type Verdict =
  | { readonly kind: "ours"; readonly position: RemotePosition }
  /** The node has to start again from `open`, which sets it right. */
  | { readonly kind: "restart"; readonly reason: string }
  | { readonly kind: "replaced"; readonly reason: string };

export type UploadOptions = {
  readonly remote: RemoteBackup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly board: StatusBoard;
  readonly epoch: number;
  readonly device: string;
  readonly session: string;
  /** Undefined: the server could not be reached yet. */
  readonly position: RemotePosition | undefined;
  readonly judge: (head: Head | undefined) => Verdict;
  /** The notes of this run up to that number are in the backup. */
  readonly onConfirmed: (notes: number) => void;
  readonly checkEveryMs: number;
};

/** Brings rows to the backup: one write at a time, everything that waits in each, in the order of the commits. */
export class Upload {
  readonly #options: UploadOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #waiters = new Set<Waiter>();
  #position: RemotePosition | undefined;
  /** What a segment that is written next may refer to: values of the loose segments. */
  readonly #bases = new Bases();
  /** Rows of the loose segments, where all of them were written in this run. */
  #loose: Map<number, readonly BackupRow[]> = new Map();
  /** Segments to be left out with the next write: the backup is written anew. */
  #writtenAnew = false;
  #stored = 0;
  #lastSequence = 0;
  #notes = 0;
  #confirmed = 0;
  #goOnUntil = 0;
  #running = false;
  #lastRun: Promise<void> = Promise.resolve();
  #stopped = false;
  #failure: Error | undefined;
  #retries = 0;
  #lastAttemptAt = 0;
  #lastContactAt = 0;
  #cancelLinger: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelIdle: (() => void) | undefined;
  #cancelCheck: (() => void) | undefined;
  readonly #clearances = new Set<() => void>();

  constructor(options: UploadOptions, from: StorePosition) {
    this.#options = options;
    this.#position = options.position;
    this.#stored = from.commitNumber;
    this.#lastSequence = from.lastSequence;
    this.#confirmed = options.position?.commit ?? 0;
    if (options.position === undefined) this.#unreachable("nobody has answered yet");
    else this.#contact();
    this.#planCheck();
  }

  /** The last commit that the backup has for certain. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** The server was asked in this run, and this device is the one that writes. */
  get isVerified(): boolean {
    return this.#position !== undefined && this.#failure === undefined;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Rows of commits that the backup may not have, from before this run. */
  resume(rows: Iterable<BackupRow>, commit: number): void {
    for (const row of rows) this.#pending.set(rowId(row), { row, commit, note: 0 });
    if (this.#pending.size > 0) this.#soon(0);
  }

  /** As `resume`, for everything: what the backup has is written anew. */
  resumeAnew(rows: Iterable<BackupRow>, commit: number): void {
    this.#writtenAnew = true;
    this.#confirmed = 0;
    this.resume(rows, commit);
  }

  /** A commit that is stored here. */
  add(rows: readonly BackupRow[], commit: number, lastSequence: number): void {
    for (const row of rows) this.#pending.set(rowId(row), { row, commit, note: 0 });
    this.#stored = commit;
    this.#lastSequence = lastSequence;
    this.#board.set({ commitsBehind: this.#stored - this.#confirmed });
    this.#soon(lingerMs);
  }

  /** A note; its number among this run's. */
  addNote(key: string, value: Uint8Array | undefined): number {
    const row = { table: noteTable, key, value };
    this.#notes += 1;
    this.#pending.set(rowId(row), { row, commit: 0, note: this.#notes });
    this.#soon(lingerMs);
    return this.#notes;
  }

  /** Resolves once the backup has that commit, or the person goes on without. Undefined: now. */
  released(commit: number): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (commit <= this.#confirmed || this.#goesOn()) return undefined;
    return this.#wait(commit, 0);
  }

  /** What waits need not wait until then; it is brought to the backup as soon as that can be reached. */
  goOn(untilMs: number): void {
    this.#goOnUntil = untilMs;
    this.#board.set({ goesOnUntil: untilMs });
    this.#settle(() => true);
    this.#clear();
  }

  /** Resolves once bytes may leave at all: this device is the one that writes, or the person goes on without knowing. */
  cleared(): Promise<void> {
    if (this.isVerified || this.#goesOn()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#clearances.add(resolve);
      this.#soon(0);
    });
  }

  /** Asks the server now whether this device is still the one that writes; and keeps the connection warm. */
  async check(): Promise<void> {
    if (this.#running || this.#stopped || this.#failure !== undefined) return;
    await this.#run(async () => {
      const head = await this.#readHead();
      if (head.ok && this.#failure === undefined && this.#hasWork()) this.#soon(0);
    });
  }

  /** Resolves when no request is under way; nothing new begins. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of [
      this.#cancelLinger,
      this.#cancelRetry,
      this.#cancelIdle,
      this.#cancelCheck,
    ])
      cancel?.();
    await this.#lastRun;
  }

  /** True once everything up to now is in the backup, notes too; false when the time is over first. */
  async complete(patienceMs: number): Promise<boolean> {
    if (this.#failure !== undefined) return false;
    if (this.#pending.size === 0) return true;
    const isIn = this.#wait(this.#stored, this.#notes).then(
      () => true,
      () => false,
    );
    const isOver = new Promise<boolean>((resolve) => {
      this.#options.clock.after(patienceMs, () => resolve(false));
    });
    return Promise.race([isIn, isOver]);
  }

  #wait(commit: number, note: number): Promise<void> {
    const waiting = new Promise<void>((resolve, reject) => {
      this.#waiters.add({ commit, note, resolve, reject });
    });
    this.#soon(0);
    return waiting;
  }

  /** A commit of which nothing belongs into the backup needs no write, unless somebody waits for it. */
  #hasWork(): boolean {
    return this.#pending.size > 0 || this.#waiters.size > 0;
  }

  get #board(): StatusBoard {
    return this.#options.board;
  }

  #goesOn(): boolean {
    return this.#options.clock.now() < this.#goOnUntil;
  }

  #soon(delayMs: number): void {
    if (this.#stopped || this.#failure !== undefined) return;
    const { clock } = this.#options;
    if (this.#cancelRetry !== undefined) {
      // somebody who waits shortens the pause, but never below a second
      if (delayMs > 0 || clock.now() - this.#lastAttemptAt < 1_000) return;
      this.#cancelRetry();
      this.#cancelRetry = undefined;
    }
    if (delayMs === 0) {
      this.#cancelLinger?.();
      this.#cancelLinger = undefined;
      if (!this.#running) void this.#run(() => this.#bring());
      return;
    }
    if (this.#running) return;
    this.#cancelLinger ??= clock.after(delayMs, () => {
      this.#cancelLinger = undefined;
      if (!this.#running) void this.#run(() => this.#bring());
    });
  }

  #run(work: () => Promise<void>): Promise<void> {
    this.#running = true;
    this.#lastRun = (async () => {
      try {
        await work();
      } catch (error) {
        this.#options.logger.error({ error: String(error) }, "the backup failed");
        this.#unreachable("the backup failed");
      } finally {
        this.#running = false;
      }
      // what came while it was at work
      if (this.#cancelRetry === undefined && this.#hasWork())
        this.#soon(this.#waiters.size > 0 ? 0 : lingerMs);
    })();
    return this.#lastRun;
  }

  async #bring(): Promise<void> {
    while (!this.#stopped && this.#failure === undefined) {
      if (this.#position === undefined && !(await this.#readHead()).ok) return;
      const position = this.#position;
      if (position === undefined || this.#failure !== undefined || !this.#hasWork()) break;
      if (!(await this.#write(position))) return;
      // what came meanwhile and nobody waits for shares the next write
      if (this.#waiters.size === 0) break;
    }
    if (this.#looseCount() >= mostLoose) await this.#compact();
    this.#planIdle();
  }

  /** One write of everything that waits. False: not now. */
  async #write(position: RemotePosition): Promise<boolean> {
    const batch = [...this.#pending.values()];
    const [commit, lastSequence, notes] = [this.#stored, this.#lastSequence, this.#notes];
    // in the order of their tables: the core's state comes first, and finds its like
    const written = batch
      .map(({ row }) => row)
      .toSorted((one, other) => (rowId(one) < rowId(other) ? -1 : 1));
    const bases = this.#writtenAnew ? [] : this.#bases.for(written);
    const kept = this.#writtenAnew ? [] : position.segments;
    let nextSegment = position.nextSegment;
    const level = this.#writtenAnew ? fullLevel : 0;
    const entries: SegmentEntry[] = [];
    const parts: { readonly segment: NewSegment; readonly rows: readonly BackupRow[] }[] = [];
    for (const rows of inParts(written)) {
      const bytes = encodeSegment(rows, parts.length === 0 ? bases : []);
      parts.push({ segment: { id: nextSegment, bytes }, rows });
      entries.push({ id: nextSegment, level, byteCount: bytes.length });
      nextSegment += 1;
    }
    // more than one request can carry goes ahead; only the last one makes it count
    let at = position;
    let load = 0;
    let segments: NewSegment[] = [];
    for (const [place, { segment }] of parts.entries()) {
      segments.push(segment);
      load += segment.bytes.length;
      if (load < writeBytes || place === parts.length - 1) continue;
      const ahead = await this.#put(
        at,
        { ...at, nextSegment, commit: this.#confirmed },
        segments,
        [],
      );
      if (ahead.kind !== "written") return ahead.kind === "again";
      at = ahead.position;
      [load, segments] = [0, []];
    }
    const gone = this.#writtenAnew ? position.segments.map(({ id }) => id) : [];
    const next = {
      ...at,
      segments: [...kept, ...entries],
      nextSegment,
      commit,
      lastSequence,
      notes,
    };
    const put = await this.#put(at, next, segments, gone);
    if (put.kind !== "written") return put.kind === "again";
    if (this.#writtenAnew) this.#forgetBases();
    this.#writtenAnew = false;
    for (const part of parts) {
      if (level === 0) this.#remember(part.segment.id, part.rows);
    }
    for (const waited of batch) {
      const id = rowId(waited.row);
      if (this.#pending.get(id) === waited) this.#pending.delete(id);
    }
    this.#confirm(commit, notes);
    return true;
  }

  async #put(
    from: RemotePosition,
    to: RemotePosition,
    segments: readonly NewSegment[],
    gone: readonly number[],
  ): Promise<Written> {
    const { remote, epoch, device, session, clock } = this.#options;
    const position = { ...to, version: from.version + 1 };
    this.#lastAttemptAt = clock.now();
    const written = await remote.write({
      expected: from.version,
      head: { ...position, epoch, device, session, at: clock.now() },
      segments,
      gone,
    });
    if (written.ok) {
      this.#position = position;
      this.#contact();
      return { kind: "written", position };
    }
    if (written.error.code === "conflict") {
      const head = await this.#readHead();
      return { kind: head.ok ? "again" : "notNow" };
    }
    this.#unreachable(written.error.message);
    return { kind: "notNow" };
  }

  /** Reads what the backup says of itself, and takes it as it is if it is this device's. */
  async #readHead(): Promise<Result<void>> {
    const { remote, judge, clock } = this.#options;
    this.#lastAttemptAt = clock.now();
    const head = await remote.head();
    if (!head.ok) {
      this.#unreachable(head.error.message);
      return head;
    }
    const verdict = judge(head.value);
    if (verdict.kind !== "ours") {
      const { kind, reason } = verdict;
      this.#fail(kind === "replaced" ? new WriterFenced(reason) : new Error(reason));
      return ok(undefined);
    }
    const before = this.#position;
    const isMine = head.value?.session === this.#options.session;
    const now = { ...verdict.position, notes: isMine ? verdict.position.notes : 0 };
    if (before !== undefined && now.version < before.version) {
      this.#fail(new Error("the backup has gone back in time"));
    } else if (before !== undefined && !isMine && now.version > before.version) {
      this.#fail(new WriterFenced("another run of this wallet writes its backup"));
    } else {
      if (before?.version !== now.version) this.#adopt(now, isMine);
      this.#contact();
    }
    return ok(undefined);
  }

  /** An answer was lost, or this is the first word: what is there is what counts. */
  #adopt(position: RemotePosition, isMine: boolean): void {
    this.#position = position;
    this.#forgetBases();
    if (isMine && position.commit > 0) this.#writtenAnew = false;
    if (this.#writtenAnew) return;
    for (const [id, { commit, note }] of this.#pending) {
      const isIn = note > 0 ? note <= position.notes : commit <= position.commit;
      if (isIn) this.#pending.delete(id);
    }
    this.#confirm(position.commit, position.notes);
  }

  #confirm(commit: number, notes: number): void {
    this.#confirmed = Math.max(this.#confirmed, commit);
    this.#board.set({
      commitsBehind: this.#stored - this.#confirmed,
      lastBackedUpAt: this.#options.clock.now(),
      ...(this.#pending.size === 0 ? { state: "current" as const } : {}),
    });
    this.#options.onConfirmed(notes);
    this.#settle((waiter) => waiter.commit <= this.#confirmed && waiter.note <= notes);
  }

  #contact(): void {
    const { clock } = this.#options;
    this.#retries = 0;
    this.#lastContactAt = clock.now();
    if (this.#board.now.state === "unreachable") {
      this.#board.set({
        state: this.#stored > this.#confirmed ? "behind" : "current",
        goesOnUntil: null,
      });
      // with the backup in reach, nothing goes on without it
      this.#goOnUntil = 0;
    }
    this.#clear();
  }

  #unreachable(reason: string): void {
    const { clock, logger } = this.#options;
    if (this.#stopped || this.#failure !== undefined) return;
    if (this.#board.now.state !== "unreachable")
      logger.warn({ reason }, "the backup cannot be reached");
    this.#board.set({ state: "unreachable" });
    const wait = Math.min(lastRetryMs, firstRetryMs * 2 ** this.#retries);
    this.#retries += 1;
    this.#cancelRetry?.();
    this.#cancelRetry = clock.after(wait, () => {
      this.#cancelRetry = undefined;
      if (!this.#running) void this.#run(() => this.#bring());
    });
  }

  #fail(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#options.logger.error({ reason: failure.message }, "the backup ends this run");
    if (failure instanceof WriterFenced) this.#board.set({ state: "replaced", goesOnUntil: null });
    for (const waiter of this.#waiters) waiter.reject(failure);
    this.#waiters.clear();
  }

  #settle(isDone: (waiter: Waiter) => boolean): void {
    for (const waiter of this.#waiters) {
      if (!isDone(waiter)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #clear(): void {
    if (!this.isVerified && !this.#goesOn()) return;
    for (const resolve of this.#clearances) resolve();
    this.#clearances.clear();
  }

  #planCheck(): void {
    const { clock, checkEveryMs } = this.#options;
    if (this.#stopped || this.#failure !== undefined) return;
    this.#cancelCheck = clock.after(checkEveryMs, () => {
      const isQuiet = clock.now() - this.#lastContactAt >= checkEveryMs / 2;
      if (isQuiet && this.#cancelRetry === undefined) void this.check();
      this.#planCheck();
    });
  }

  #planIdle(): void {
    if (this.#stopped || this.#failure !== undefined || this.#looseCount() < fanOut) return;
    this.#cancelIdle?.();
    this.#cancelIdle = this.#options.clock.after(idleMs, () => {
      if (this.#running || this.#pending.size > 0 || this.#cancelRetry !== undefined)
        return this.#planIdle();
      void this.#run(() => this.#compact());
    });
  }

  #looseCount(): number {
    return (this.#position?.segments ?? []).filter(({ level }) => level === 0).length;
  }

  /** Puts the loose segments together, and those of each level that is full with them: a restore stays small. */
  async #compact(): Promise<void> {
    const position = this.#position;
    if (position === undefined || this.#failure !== undefined || this.#stopped || this.#writtenAnew)
      return;
    const { segments } = position;
    let from = segments.length - this.#looseCount();
    let level = 1;
    for (;;) {
      const of = level;
      const count = segments.filter((segment) => segment.level === of).length;
      if (count < fanOut - 1) break;
      from -= count;
      level += 1;
    }
    const merged = segments.slice(from);
    if (merged.length < 2) return;
    const rows = await this.#rowsOf(merged);
    if (rows === undefined) return;
    const left = [...rows.values()].filter((row) => from > 0 || row.value !== undefined);
    let nextSegment = position.nextSegment;
    const entries: SegmentEntry[] = [];
    const written: NewSegment[] = [];
    for (const part of inParts(left)) {
      const bytes = encodeSegment(part, []);
      written.push({ id: nextSegment, bytes });
      entries.push({ id: nextSegment, level, byteCount: bytes.length });
      nextSegment += 1;
    }
    // rather a longer restore than a request that the server refuses
    if (written.reduce((sum, { bytes }) => sum + bytes.length, 0) > writeBytes) return;
    this.#forgetBases();
    await this.#put(
      position,
      { ...position, segments: [...segments.slice(0, from), ...entries], nextSegment },
      written,
      merged.map(({ id }) => id),
    );
  }

  async #rowsOf(segments: readonly SegmentEntry[]): Promise<Rows | undefined> {
    const known = segments.map(({ id }) => this.#loose.get(id));
    if (known.every((rows) => rows !== undefined)) {
      const all: Rows = new Map();
      for (const rows of known) replay(all, rows ?? []);
      return all;
    }
    const rows = await this.#options.remote.rows(segments);
    if (rows.ok) return rows.value;
    this.#unreachable(rows.error.message);
    return undefined;
  }

  #remember(id: number, rows: readonly BackupRow[]): void {
    this.#loose.set(id, rows);
    this.#bases.remember(id, rows);
  }

  #forgetBases(): void {
    this.#bases.clear();
    this.#loose = new Map();
  }
}

/** Rows in parts that are not too large. */
function inParts(rows: readonly BackupRow[]): readonly (readonly BackupRow[])[] {
  const parts: BackupRow[][] = [];
  let part: BackupRow[] = [];
  let size = 0;
  for (const row of rows) {
    const length = row.value?.length ?? 0;
    if (part.length > 0 && size + length > segmentBytes) {
      parts.push(part);
      [part, size] = [[], 0];
    }
    part.push(row);
    size += length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
