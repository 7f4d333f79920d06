import { WriterFenced } from "@satsconnect/lightning";
import type { Clock, Logger, StorePosition } from "@satsconnect/lightning";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { backupPolicy } from "../policy.ts";
import type { BackupStatusPublisher } from "./backup-status.ts";
import type { RemotePosition, Verdict } from "./compare-head.ts";
import {
  countLevel0,
  fanOut,
  fullLevel,
  maxLevel0Segments,
  maxWriteBytes,
  planMerge,
  splitRows,
} from "./compaction.ts";
import { DictionaryCache } from "./dictionaries.ts";
import type { Head, SegmentEntry } from "./head.ts";
import { keyValueTable } from "./local-rows.ts";
import { OutputGate } from "./output-gate.ts";
import type { NewSegment, RemoteBackup } from "./remote-backup.ts";
import { encodeSegment, replay, rowId } from "./segment.ts";
import type { BackupRow, Rows } from "./segment.ts";

/** Merge segments after this long without a write. */
const idleMs = 3_000;

/** A row to upload, with the commit or the key-value entry that wrote it; the other number is 0. */
type Pending = { readonly row: BackupRow; readonly commit: number; readonly entry: number };
/** Result of a write. `retry`: the backup was ahead of what this run knew, and the write has to be built again. */
type Written =
  | { readonly kind: "written"; readonly position: RemotePosition }
  | { readonly kind: "retry" }
  | { readonly kind: "unreachable" };

export type UploadOptions = {
  readonly remote: RemoteBackup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly status: BackupStatusPublisher;
  readonly epoch: number;
  readonly device: string;
  readonly session: string;
  /** The backup's position, if the server has answered; else undefined. */
  readonly position: RemotePosition | undefined;
  readonly compareHead: (head: Head | undefined) => Verdict;
  /** Called, and awaited, once the server has confirmed that this device is the one that writes. */
  readonly onVerified: () => Promise<void>;
  /** Called, and awaited, when the server says that another device writes or that the backup has a newer state. */
  readonly onNotWriter: () => Promise<void>;
  /** Called when the backup has all commits, and this run's key-value entries, up to the numbers. */
  readonly onConfirmed: (commit: number, entry: number) => void;
  /** Called once when this run has ended with an error. */
  readonly onFailed: (failure: Error) => void;
  readonly checkEveryMs: number;
};

/**
 * Uploads changed rows to the backup: one write at a time, in the order of the commits, with everything pending in each
 * write. `released` tells when the output of a commit may leave.
 */
export class Upload {
  readonly #options: UploadOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #gate: OutputGate;
  #position: RemotePosition | undefined;
  /** Values of level-0 segments that the next segment can use as its compression dictionary. */
  readonly #dictionaries = new DictionaryCache();
  /** Rows of the level-0 segments that were written in this run. */
  #level0: Map<number, readonly BackupRow[]> = new Map();
  /** True until the next write has replaced the whole backup. */
  #isRewriting = false;
  #stored = 0;
  #lastSequence = 0;
  #lastEntry = 0;
  #confirmed = 0;
  #running = false;
  #lastRun: Promise<void> = Promise.resolve();
  #stopped = false;
  #failure: Error | undefined;
  #retries = 0;
  #lastAttemptAt = 0;
  #lastContactAt = 0;
  #cancelBatchDelay: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelMerge: (() => void) | undefined;
  #cancelCheck: (() => void) | undefined;

  constructor(options: UploadOptions, from: StorePosition) {
    this.#options = options;
    this.#gate = new OutputGate(options.clock);
    this.#position = options.position;
    this.#stored = from.commitNumber;
    this.#lastSequence = from.lastSequence;
    this.#confirmed = options.position?.commit ?? 0;
    if (options.position === undefined) this.#onUnreachable("no answer yet");
    else this.#onContact();
    this.#scheduleCheck();
  }

  /** The last commit that the backup is known to have. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** True if the server confirmed in this run that this device is the one that writes the backup. */
  get isVerified(): boolean {
    return this.#position !== undefined && this.#failure === undefined;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Queues rows of commits from before this run that the backup may not have. */
  resume(rows: Iterable<BackupRow>, commit: number): void {
    for (const row of rows) this.#pending.set(rowId(row), { row, commit, entry: 0 });
    if (this.#pending.size > 0) this.#scheduleUpload(0);
  }

  /** Queues the whole state, to replace everything in the backup. */
  rewrite(rows: Iterable<BackupRow>, commit: number): void {
    this.#isRewriting = true;
    this.#confirmed = 0;
    this.resume(rows, commit);
  }

  /** Queues the rows of a commit that was just stored on this device. */
  add(rows: readonly BackupRow[], commit: number, lastSequence: number): void {
    for (const row of rows) this.#pending.set(rowId(row), { row, commit, entry: 0 });
    this.#stored = commit;
    this.#lastSequence = lastSequence;
    this.#status.set({ commitsBehind: this.#stored - this.#confirmed });
    this.#scheduleUpload(backupPolicy.batchDelayMs);
  }

  /** Queues a key-value entry (undefined: deleted). Returns its number in this run. */
  addEntry(key: string, value: Uint8Array | undefined): number {
    const row = { table: keyValueTable, key, value };
    this.#lastEntry += 1;
    this.#pending.set(rowId(row), { row, commit: 0, entry: this.#lastEntry });
    this.#scheduleUpload(backupPolicy.batchDelayMs);
    return this.#lastEntry;
  }

  /**
   * Resolves when the output of this commit may leave: once the backup has the commit, or the person lets the wallet
   * continue without it. Undefined: it may leave now. Rejects if this run has ended.
   */
  released(commit: number): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (commit <= this.#confirmed || this.#gate.isOpen) return undefined;
    return this.#wait(commit, 0);
  }

  /** Lets output leave without the backup until then. Uploads continue as soon as the server can be reached. */
  continueWithoutBackup(untilMs: number): void {
    this.#gate.openUntil(untilMs);
    this.#status.set({ withoutBackupUntil: untilMs });
    this.#allowConnecting();
  }

  /**
   * Resolves when this device may connect to peers: it is the one that writes the backup, or the person lets it continue
   * without knowing.
   */
  mayConnect(): Promise<void> {
    if (this.isVerified || this.#gate.isOpen) return Promise.resolve();
    const allowed = this.#gate.waitToConnect();
    this.#scheduleUpload(0);
    return allowed;
  }

  /** Asks the server whether this device is still the one that writes. Also keeps the connection open. */
  async check(): Promise<void> {
    if (this.#running || this.#stopped || this.#failure !== undefined) return;
    await this.#run(async () => {
      const head = await this.#readHead();
      if (head.ok && this.#failure === undefined && this.#hasWork()) this.#scheduleUpload(0);
    });
  }

  /** Starts no more requests; resolves when the current one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of [
      this.#cancelBatchDelay,
      this.#cancelRetry,
      this.#cancelMerge,
      this.#cancelCheck,
    ])
      cancel?.();
    await this.#lastRun;
  }

  /** Resolves true when everything written so far is in the backup, false after the timeout or if this run has ended. */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.#failure !== undefined) return false;
    if (this.#pending.size === 0) return true;
    const flushed = this.#wait(this.#stored, this.#lastEntry).then(
      () => true,
      () => false,
    );
    const timedOut = new Promise<boolean>((resolve) => {
      this.#options.clock.after(timeoutMs, () => resolve(false));
    });
    return Promise.race([flushed, timedOut]);
  }

  #wait(commit: number, entry: number): Promise<void> {
    const waiting = this.#gate.wait(commit, entry);
    this.#scheduleUpload(0);
    return waiting;
  }

  /** A commit without rows for the backup needs a write only if its output waits. */
  #hasWork(): boolean {
    return this.#pending.size > 0 || this.#gate.hasWaiters;
  }

  get #status(): BackupStatusPublisher {
    return this.#options.status;
  }

  #scheduleUpload(delayMs: number): void {
    if (this.#stopped || this.#failure !== undefined) return;
    const { clock } = this.#options;
    if (this.#cancelRetry !== undefined) {
      // waiting output shortens the retry delay, but not below one second
      if (delayMs > 0 || clock.now() - this.#lastAttemptAt < 1_000) return;
      this.#cancelRetry();
      this.#cancelRetry = undefined;
    }
    if (delayMs === 0) {
      this.#cancelBatchDelay?.();
      this.#cancelBatchDelay = undefined;
      if (!this.#running) void this.#run(() => this.#upload());
      return;
    }
    if (this.#running) return;
    this.#cancelBatchDelay ??= clock.after(delayMs, () => {
      this.#cancelBatchDelay = undefined;
      if (!this.#running) void this.#run(() => this.#upload());
    });
  }

  #run(work: () => Promise<void>): Promise<void> {
    this.#running = true;
    this.#lastRun = (async () => {
      try {
        await work();
      } catch (error) {
        this.#options.logger.error({ error: String(error) }, "backup upload failed");
        this.#onUnreachable("backup upload failed");
      } finally {
        this.#running = false;
      }
      // rows that were added during the run
      if (this.#cancelRetry === undefined && this.#hasWork())
        this.#scheduleUpload(this.#gate.hasWaiters ? 0 : backupPolicy.batchDelayMs);
    })();
    return this.#lastRun;
  }

  async #upload(): Promise<void> {
    while (!this.#stopped && this.#failure === undefined) {
      if (this.#position === undefined && !(await this.#readHead()).ok) return;
      const position = this.#position;
      if (position === undefined || this.#failure !== undefined || !this.#hasWork()) break;
      if (!(await this.#write(position))) return;
      // rows added meanwhile can wait for the next batch if no output waits
      if (!this.#gate.hasWaiters) break;
    }
    if (this.#level0Count() >= maxLevel0Segments) await this.#merge();
    this.#scheduleMerge();
  }

  /** Writes everything pending. False if the server cannot be reached now. */
  async #write(position: RemotePosition): Promise<boolean> {
    const batch = [...this.#pending.values()];
    const [commit, lastSequence, lastEntry] = [this.#stored, this.#lastSequence, this.#lastEntry];
    // sorted by table, so that similar rows are close together and compress well
    const written = batch
      .map(({ row }) => row)
      .toSorted((one, other) => (rowId(one) < rowId(other) ? -1 : 1));
    const dictionary = this.#isRewriting ? [] : this.#dictionaries.for(written);
    const kept = this.#isRewriting ? [] : position.segments;
    let nextSegment = position.nextSegment;
    const level = this.#isRewriting ? fullLevel : 0;
    const entries: SegmentEntry[] = [];
    const parts: { readonly segment: NewSegment; readonly rows: readonly BackupRow[] }[] = [];
    for (const rows of splitRows(written)) {
      const bytes = encodeSegment(rows, parts.length === 0 ? dictionary : []);
      parts.push({ segment: { id: nextSegment, bytes }, rows });
      entries.push({ id: nextSegment, level, byteCount: bytes.length });
      nextSegment += 1;
    }
    // segments that do not fit into one request are written first; only the last write advances the head's commit
    let at = position;
    let requestBytes = 0;
    let segments: NewSegment[] = [];
    for (const [index, { segment }] of parts.entries()) {
      segments.push(segment);
      requestBytes += segment.bytes.length;
      if (requestBytes < maxWriteBytes || index === parts.length - 1) continue;
      const ahead = await this.#put(
        at,
        { ...at, nextSegment, commit: this.#confirmed },
        segments,
        [],
      );
      if (ahead.kind !== "written") return ahead.kind === "retry";
      at = ahead.position;
      [requestBytes, segments] = [0, []];
    }
    const removed = this.#isRewriting ? position.segments.map(({ id }) => id) : [];
    const next = {
      ...at,
      segments: [...kept, ...entries],
      nextSegment,
      commit,
      lastSequence,
      lastEntry,
    };
    const put = await this.#put(at, next, segments, removed);
    if (put.kind !== "written") return put.kind === "retry";
    if (this.#isRewriting) this.#forgetLevel0();
    this.#isRewriting = false;
    for (const part of parts) {
      if (level === 0) this.#remember(part.segment.id, part.rows);
    }
    for (const uploaded of batch) {
      const id = rowId(uploaded.row);
      if (this.#pending.get(id) === uploaded) this.#pending.delete(id);
    }
    this.#confirm(commit, lastEntry);
    return true;
  }

  async #put(
    from: RemotePosition,
    to: RemotePosition,
    segments: readonly NewSegment[],
    removed: readonly number[],
  ): Promise<Written> {
    const { remote, epoch, device, session, clock } = this.#options;
    const position = { ...to, version: from.version + 1 };
    this.#lastAttemptAt = clock.now();
    const written = await remote.write({
      expected: from.version,
      head: { ...position, epoch, device, session, at: clock.now() },
      segments,
      removed,
    });
    if (written.ok) {
      this.#position = position;
      this.#onContact();
      return { kind: "written", position };
    }
    if (written.error.code === "conflict") {
      const head = await this.#readHead();
      return { kind: head.ok ? "retry" : "unreachable" };
    }
    this.#onUnreachable(written.error.message);
    return { kind: "unreachable" };
  }

  /** Reads the backup's head, and adopts its position if this device is the one that writes. */
  async #readHead(): Promise<Result<void>> {
    const { remote, compareHead, clock } = this.#options;
    this.#lastAttemptAt = clock.now();
    const head = await remote.head();
    if (!head.ok) {
      this.#onUnreachable(head.error.message);
      return head;
    }
    const verdict = compareHead(head.value);
    if (verdict.kind !== "ours") {
      if (verdict.kind === "replaced" || verdict.isBehind) await this.#options.onNotWriter();
      const { kind, reason } = verdict;
      this.fail(kind === "replaced" ? new WriterFenced(reason) : new Error(reason));
      return ok(undefined);
    }
    const before = this.#position;
    const isOwnSession = head.value?.session === this.#options.session;
    const now = { ...verdict.position, lastEntry: isOwnSession ? verdict.position.lastEntry : 0 };
    if (before !== undefined && now.version < before.version) {
      this.fail(new Error("the backup went back to an older version"));
    } else if (before !== undefined && !isOwnSession && now.version > before.version) {
      await this.#options.onNotWriter();
      this.fail(new WriterFenced("another run of this wallet is writing its backup"));
    } else {
      if (before === undefined) await this.#options.onVerified();
      if (before?.version !== now.version) this.#adopt(now, isOwnSession);
      this.#onContact();
    }
    return ok(undefined);
  }

  /** The answer to a write was lost, or this is the first contact: continue from what the backup has. */
  #adopt(position: RemotePosition, isOwnSession: boolean): void {
    this.#position = position;
    this.#forgetLevel0();
    if (isOwnSession && position.commit > 0) this.#isRewriting = false;
    if (this.#isRewriting) return;
    for (const [id, { commit, entry }] of this.#pending) {
      const isUploaded = entry > 0 ? entry <= position.lastEntry : commit <= position.commit;
      if (isUploaded) this.#pending.delete(id);
    }
    this.#confirm(position.commit, position.lastEntry);
  }

  #confirm(commit: number, entry: number): void {
    this.#confirmed = Math.max(this.#confirmed, commit);
    this.#status.set({
      commitsBehind: this.#stored - this.#confirmed,
      lastBackedUpAt: this.#options.clock.now(),
      ...(this.#pending.size === 0 ? { state: "current" as const } : {}),
    });
    this.#options.onConfirmed(this.#confirmed, entry);
    this.#gate.confirm(this.#confirmed, entry);
  }

  #onContact(): void {
    const { clock } = this.#options;
    this.#retries = 0;
    this.#lastContactAt = clock.now();
    if (this.#status.current.state === "unreachable") {
      this.#status.set({
        state: this.#stored > this.#confirmed ? "behind" : "current",
        withoutBackupUntil: null,
      });
      // the permission to continue without the backup ends once the backup can be reached
      this.#gate.close();
    }
    this.#allowConnecting();
  }

  #onUnreachable(reason: string): void {
    const { clock, logger } = this.#options;
    if (this.#stopped || this.#failure !== undefined) return;
    if (this.#status.current.state !== "unreachable")
      logger.warn({ reason }, "backup unreachable, retrying");
    this.#status.set({ state: "unreachable" });
    const wait = Math.min(backupPolicy.maxRetryMs, backupPolicy.firstRetryMs * 2 ** this.#retries);
    this.#retries += 1;
    this.#cancelRetry?.();
    this.#cancelRetry = clock.after(wait, () => {
      this.#cancelRetry = undefined;
      if (!this.#running) void this.#run(() => this.#upload());
    });
  }

  /** Ends this run: nothing is uploaded, and no output leaves any more. */
  fail(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#options.logger.error({ reason: failure.message }, "backup stopped this run");
    if (failure instanceof WriterFenced)
      this.#status.set({ state: "replaced", withoutBackupUntil: null });
    this.#gate.reject(failure);
    this.#options.onFailed(failure);
  }

  #allowConnecting(): void {
    if (this.isVerified || this.#gate.isOpen) this.#gate.allowConnecting();
  }

  #scheduleCheck(): void {
    const { clock, checkEveryMs } = this.#options;
    if (this.#stopped || this.#failure !== undefined) return;
    this.#cancelCheck = clock.after(checkEveryMs, () => {
      const isQuiet = clock.now() - this.#lastContactAt >= checkEveryMs / 2;
      if (isQuiet && this.#cancelRetry === undefined) void this.check();
      this.#scheduleCheck();
    });
  }

  #scheduleMerge(): void {
    if (this.#stopped || this.#failure !== undefined || this.#level0Count() < fanOut) return;
    this.#cancelMerge?.();
    this.#cancelMerge = this.#options.clock.after(idleMs, () => {
      if (this.#running || this.#pending.size > 0 || this.#cancelRetry !== undefined)
        return this.#scheduleMerge();
      void this.#run(() => this.#merge());
    });
  }

  #level0Count(): number {
    return countLevel0(this.#position?.segments ?? []);
  }

  /** Merges level-0 segments, and full higher levels with them, so that a restore reads few objects. */
  async #merge(): Promise<void> {
    const position = this.#position;
    if (position === undefined || this.#failure !== undefined || this.#stopped || this.#isRewriting)
      return;
    const plan = planMerge(position.segments);
    if (plan === undefined) return;
    const { kept, merged, level } = plan;
    const rows = await this.#rowsOf(merged);
    if (rows === undefined) return;
    // deletions matter only while older segments are kept
    const remaining = [...rows.values()].filter(
      (row) => kept.length > 0 || row.value !== undefined,
    );
    let nextSegment = position.nextSegment;
    const entries: SegmentEntry[] = [];
    const written: NewSegment[] = [];
    for (const part of splitRows(remaining)) {
      const bytes = encodeSegment(part, []);
      written.push({ id: nextSegment, bytes });
      entries.push({ id: nextSegment, level, byteCount: bytes.length });
      nextSegment += 1;
    }
    // do not merge into a request that the server would refuse; the restore reads more objects instead
    if (written.reduce((sum, { bytes }) => sum + bytes.length, 0) > maxWriteBytes) return;
    this.#forgetLevel0();
    await this.#put(
      position,
      { ...position, segments: [...kept, ...entries], nextSegment },
      written,
      merged.map(({ id }) => id),
    );
  }

  async #rowsOf(segments: readonly SegmentEntry[]): Promise<Rows | undefined> {
    const cached = segments.map(({ id }) => this.#level0.get(id));
    if (cached.every((rows) => rows !== undefined)) {
      const all: Rows = new Map();
      for (const rows of cached) replay(all, rows ?? []);
      return all;
    }
    const rows = await this.#options.remote.rows(segments);
    if (rows.ok) return rows.value;
    this.#onUnreachable(rows.error.message);
    return undefined;
  }

  #remember(id: number, rows: readonly BackupRow[]): void {
    this.#level0.set(id, rows);
    this.#dictionaries.remember(id, rows);
  }

  #forgetLevel0(): void {
    this.#dictionaries.clear();
    this.#level0 = new Map();
  }
}
