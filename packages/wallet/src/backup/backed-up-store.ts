import { bytesToHex } from "@noble/hashes/utils.js";
import type { VssClient } from "@satsconnect/contracts/vss";
import { WriterFenced } from "@satsconnect/lightning";
import type {
  Clock,
  CommitStore,
  EntropySource,
  Logger,
  StorePosition,
  Transport,
} from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { backupPolicy } from "../policy.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { BackupDamaged } from "./byte-codec.ts";
import type { Head } from "./head.ts";
import { compareHead, needsRewrite, positionOf, walletPosition } from "./compare-head.ts";
import type { RemotePosition } from "./compare-head.ts";
import type { BackupKeys } from "./backup-keys.ts";
import {
  forgetPending,
  isBackedUp,
  lineageRow,
  pendingRow,
  readAll,
  readLineage,
  readPending,
  replacementRows,
} from "./local-rows.ts";
import type { Lineage } from "./local-rows.ts";
import { MirroredKeyValueStore } from "./mirrored-store.ts";
import { remoteBackup } from "./remote-backup.ts";
import type { RemoteBackup } from "./remote-backup.ts";
import type { BackupRow } from "./segment.ts";
import { BackupStatusPublisher } from "./backup-status.ts";
import type { BackupStatus } from "./backup-status.ts";
import { Upload } from "./upload.ts";
import { WriterMarks } from "./writer-marks.ts";

export type BackupOptions = {
  /** The node's state on this device. */
  readonly local: CommitStore;
  /** The wallet's key-value store on this device. It is backed up and restored together with the node's state. */
  readonly keyValueStore: KeyValueStore;
  readonly vss: VssClient;
  readonly keys: BackupKeys;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly logger: Logger;
  /**
   * The seed was just generated on this device, so an empty store may start before the server has answered. Never set
   * this for a seed that a person typed in: it may have a backup.
   */
  readonly isNewSeed?: boolean;
  /** Take over the wallet from another device and replace the local state. An empty store always does. */
  readonly takeOver?: boolean;
  /** How often an idle wallet asks whether another device has taken over. */
  readonly checkEveryMs?: number;
};

/** A node's store that holds back the output of each commit until the backup has the commit too. */
export type BackedUpStore = CommitStore & {
  readonly released: NonNullable<CommitStore["released"]>;
  readonly mayBroadcastCommitment: NonNullable<CommitStore["mayBroadcastCommitment"]>;
  /** The key-value store, mirrored into the backup. Write what must be restored through this one. */
  readonly keyValueStore: KeyValueStore;
  /** True if `open` has restored this wallet from its backup. */
  readonly wasRestored: () => boolean;
  readonly status: () => BackupStatus;
  /** Calls the listener when `state` or `withoutBackupUntil` changes. Returns a function that unsubscribes. */
  readonly subscribe: (listener: (status: BackupStatus) => void) => () => void;
  /**
   * Wraps a transport so that it connects only once this device is known to be the one that runs the wallet. A replaced
   * device must not even reconnect its channels: its state is old.
   */
  readonly guardTransport: (transport: Transport) => Transport;
  /**
   * Lets output leave without the backup until `untilMs` (ms since 1970), at most a day from now. If the device is lost
   * before the backup has caught up, the operator closes the channels with its own newer state. Errors:
   * `backup_reachable` (the backup works), `backup_unverified` (in this run the server has not confirmed that this device
   * has the wallet), `backup_replaced`.
   */
  readonly continueWithoutBackup: (
    untilMs: number,
  ) => Result<BackupStatus, "backup_reachable" | "backup_unverified" | "backup_replaced">;
  /** True if the server has confirmed in this run that this device has the wallet. */
  readonly isVerified: () => boolean;
  /**
   * Lets commitment transactions of this device be broadcast although the server cannot be asked whether another device
   * has the wallet; nothing else leaves that would wait. It lasts, also across restarts, until the server answers. If
   * another device has used the wallet since, the commitment is a revoked one and the operator can take the channel's
   * coins: ask the person first. Errors: `backup_reachable`, `backup_replaced`, `backup_not_writer` (this device was told
   * that another one has the wallet, or that it has lost its newest state).
   */
  readonly leaveWithoutBackup: () => Promise<
    Result<void, "backup_reachable" | "backup_replaced" | "backup_not_writer">
  >;
  /**
   * Asks whether this device still has the wallet, and keeps the connection open. Call it before a payment and when the
   * app comes to the foreground.
   */
  readonly check: () => Promise<void>;
  /** Resolves true once everything written so far is in the backup, false after the timeout. Call it before closing. */
  readonly flush: (timeoutMs: number) => Promise<boolean>;
  /** Stops at once, as a crash would; for simulations. */
  readonly halt: () => void;
};

/**
 * This device has no state and the backup server cannot be reached. The wallet must not start empty: this
 * seed may have channels.
 */
export class BackupUnreachable extends Error {
  override readonly name = "BackupUnreachable";
}

/**
 * Keeps an encrypted copy of a node's state at the operator's VSS server. A commit is stored on this device first and
 * acknowledged to the core; its output leaves once the copy has the commit too (`released`). Several commits share a
 * write. A device that takes over increases the epoch, and the server then refuses writes of the previous device, because
 * they expect an older version.
 */
export function backedUpStore(options: BackupOptions): BackedUpStore {
  return new Store(options);
}

class Store implements BackedUpStore {
  readonly kind: string;
  readonly #options: BackupOptions;
  readonly #status: BackupStatusPublisher;
  readonly #remote: RemoteBackup;
  readonly #mirror: MirroredKeyValueStore;
  #upload: Upload | undefined;
  #lineage: Lineage | undefined;
  #marks: WriterMarks | undefined;
  #isLineageStored = false;
  /** Commits whose rows the local store lists as pending, because the backup may not have them. */
  #pendingCommits: number[] = [];
  #lastStoredCommit = 0;
  #lastSequence = 0;
  #restored = false;
  #takeOver: boolean;
  #closed = false;

  constructor(options: BackupOptions) {
    this.#options = options;
    this.kind = `backed-up ${options.local.kind}`;
    this.#status = new BackupStatusPublisher(options.clock);
    this.#remote = remoteBackup(options.vss, options.keys);
    this.#mirror = new MirroredKeyValueStore(options.keyValueStore);
    this.#takeOver = options.takeOver ?? false;
  }

  get keyValueStore(): KeyValueStore {
    return this.#mirror.store;
  }

  async open(): Promise<StorePosition> {
    const { local, entropy, isNewSeed } = this.#options;
    this.#closed = false;
    this.#mirror.detach();
    await this.#upload?.stop();
    this.#upload = undefined;
    const localPosition = await local.open();
    const lineage = await readLineage(local);
    const found = await (lineage === undefined ? this.#remote.head() : this.#headWithTimeout());
    if (!found.ok) {
      // local state opens anyway; no output leaves before the server has answered
      if (lineage !== undefined) return this.#begin(localPosition, lineage, undefined);
      if (localPosition.commitNumber === 0 && isNewSeed === true)
        return this.#begin(localPosition, newLineage(1, entropy), undefined);
      throw new BackupUnreachable(found.error.message);
    }
    const head = found.value;
    const position = positionOf(head);
    const hasBackup = head !== undefined && head.commit > 0;
    if (lineage === undefined) {
      if (!hasBackup)
        return this.#begin(localPosition, newLineage((head?.epoch ?? 0) + 1, entropy), position);
      if (localPosition.commitNumber === 0 || this.#takeOver)
        return this.#restore(localPosition, head);
      throw this.#replaced("the wallet of this seed runs on another device");
    }
    const verdict = compareHead(lineage, walletPosition(localPosition, lineage).commitNumber, head);
    if (verdict.kind === "ours") return this.#begin(localPosition, lineage, position);
    // remembered before anything else: a restart may find the server gone
    if (verdict.kind === "replaced" || verdict.isBehind)
      await (await WriterMarks.load(this.#options.keyValueStore, lineage)).setNotWriter();
    if (hasBackup && (verdict.kind === "restart" || this.#takeOver))
      return this.#restore(localPosition, head);
    throw this.#replaced(verdict.reason);
  }

  #replaced(reason: string): WriterFenced {
    this.#status.set({ state: "replaced" });
    return new WriterFenced(reason);
  }

  /**
   * Reads the head for a wallet that has local state. It gives up after a timeout, and a backup that cannot be read
   * counts as unreachable: neither may keep a person from seeing the wallet on this device.
   */
  async #headWithTimeout(): ReturnType<RemoteBackup["head"]> {
    const { clock } = this.#options;
    const timedOut = new Promise<Awaited<ReturnType<RemoteBackup["head"]>>>((resolve) => {
      clock.after(backupPolicy.openTimeoutMs, () =>
        resolve(err("unreachable", "The backup server timed out.", "safe")),
      );
    });
    const answered = this.#remote.head().catch((error: unknown) => {
      if (error instanceof BackupDamaged) return err("unreachable", error.message, "never");
      throw error;
    });
    return Promise.race([answered, timedOut]);
  }

  /** @param position the backup's position; undefined if the server has not answered */
  async #begin(
    localPosition: StorePosition,
    lineage: Lineage,
    position: RemotePosition | undefined,
  ): Promise<StorePosition> {
    const { clock, logger, local, entropy } = this.#options;
    const positionInWallet = walletPosition(localPosition, lineage);
    const pending = await readPending(local);
    const firstPending = pending[0]?.commit ?? positionInWallet.commitNumber + 1;
    const mustRewrite = position !== undefined && needsRewrite(position, firstPending);
    const marks = await WriterMarks.load(this.#options.keyValueStore, lineage);
    if (position !== undefined) await marks.clear();
    this.#marks = marks;
    this.#lineage = lineage;
    this.#isLineageStored = (await readLineage(local)) !== undefined;
    this.#pendingCommits = pending.map(({ commit }) => commit);
    this.#lastStoredCommit = positionInWallet.commitNumber;
    this.#lastSequence = positionInWallet.lastSequence;
    this.#status.set({ state: position === undefined ? "unreachable" : "current" });
    const upload = new Upload(
      {
        remote: this.#remote,
        clock,
        logger,
        status: this.#status,
        epoch: lineage.epoch,
        device: lineage.device,
        session: bytesToHex(entropy.bytes(16)),
        position,
        compareHead: (head) => {
          const verdict = compareHead(lineage, this.#lastStoredCommit, head);
          const isLost = verdict.kind === "ours" && needsRewrite(verdict.position, firstPending);
          return isLost && !mustRewrite && !upload.isVerified
            ? {
                kind: "restart",
                reason: "the backup lost commits and has to be uploaded again",
                isBehind: false,
              }
            : verdict;
        },
        onVerified: () => marks.clear(),
        onNotWriter: () => marks.setNotWriter(),
        onConfirmed: (entry) => this.#mirror.confirmed(entry),
        checkEveryMs: this.#options.checkEveryMs ?? backupPolicy.checkEveryMs,
      },
      positionInWallet,
    );
    if (mustRewrite) upload.rewrite((await readAll(local)).values(), positionInWallet.commitNumber);
    for (const { commit, rows } of pending)
      if (!mustRewrite && commit > (position?.commit ?? 0)) upload.resume(rows, commit);
    this.#upload = upload;
    await this.#mirror.attach((key, value) => upload.addEntry(key, value), mustRewrite);
    return positionInWallet;
  }

  /** Fences the device that wrote last, downloads the backup, and replaces the local state with it. */
  async #restore(localPosition: StorePosition, found: Head): Promise<StorePosition> {
    const { local, entropy, logger, clock } = this.#options;
    const device = bytesToHex(entropy.bytes(16));
    const session = bytesToHex(entropy.bytes(16));
    let head = found;
    for (let attempt = 1; ; attempt += 1) {
      const claim: Head = {
        ...head,
        epoch: head.epoch + 1,
        device,
        session,
        lastEntry: 0,
        version: head.version + 1,
        at: clock.now(),
      };
      const claimed = await this.#remote.write({
        expected: head.version,
        head: claim,
        segments: [],
        removed: [],
      });
      const now = claimed.ok ? ok(claim) : await this.#remote.head();
      if (!now.ok) throw new BackupUnreachable(now.error.message);
      if (now.value === undefined)
        throw new BackupUnreachable("the backup was deleted during the restore");
      head = now.value;
      if (head.device === device) break;
      if (attempt === backupPolicy.takeOverAttempts)
        throw new BackupUnreachable("another device is taking over this wallet");
    }
    const rows = await this.#remote.rows(head.segments);
    if (!rows.ok) throw new BackupUnreachable(rows.error.message);
    await this.#mirror.restore(rows.value);
    const lineage: Lineage = {
      epoch: head.epoch,
      device,
      commitOffset: head.commit - (localPosition.commitNumber + 1),
      sequenceOffset: head.lastSequence - localPosition.lastSequence,
    };
    await local.commit({
      number: localPosition.commitNumber + 1,
      rows: [...(await replacementRows(local, rows.value)), lineageRow(lineage)],
      events: [],
      forgetEventsThrough: localPosition.lastSequence,
    });
    this.#restored = true;
    // take over once: a later `open` starts from the local state
    this.#takeOver = false;
    logger.info({ epoch: head.epoch, commit: head.commit }, "restored from backup");
    const after = { ...localPosition, commitNumber: localPosition.commitNumber + 1 };
    return this.#begin({ ...after }, lineage, positionOf(head));
  }

  async commit(write: Parameters<CommitStore["commit"]>[0]): Promise<void> {
    const [upload, lineage] = [this.#upload, this.#lineage];
    if (upload === undefined || lineage === undefined || this.#closed)
      throw new Error("the store is not open");
    if (upload.failure !== undefined) throw upload.failure;
    const confirmed = this.#pendingCommits.filter((commit) => commit <= upload.confirmed);
    const rows: BackupRow[] = [];
    for (const { table, key, value } of write.rows)
      if (isBackedUp(table)) rows.push({ table, key, value: value?.slice() });
    const { commitOffset, sequenceOffset } = lineage;
    await this.#options.local.commit({
      number: write.number - commitOffset,
      rows: [
        ...write.rows,
        ...(this.#isLineageStored ? [] : [lineageRow(lineage)]),
        pendingRow(write.number, rows),
        ...confirmed.map(forgetPending),
      ],
      events: write.events.map((event) => ({
        ...event,
        sequence: event.sequence - sequenceOffset,
      })),
      ...(write.forgetEventsThrough === undefined
        ? {}
        : { forgetEventsThrough: write.forgetEventsThrough - sequenceOffset }),
    });
    this.#isLineageStored = true;
    this.#lastStoredCommit = write.number;
    this.#lastSequence = write.events.at(-1)?.sequence ?? this.#lastSequence;
    this.#pendingCommits = [
      ...this.#pendingCommits.filter((commit) => !confirmed.includes(commit)),
      write.number,
    ];
    upload.add(rows, write.number, this.#lastSequence);
  }

  released(number: number): Promise<void> | undefined {
    return this.#upload === undefined
      ? Promise.reject(new Error("the store is not open"))
      : this.#upload.released(number);
  }

  read(table: string, key: string): Promise<Uint8Array | undefined> {
    return this.#options.local.read(table, key);
  }

  list(...parts: Parameters<CommitStore["list"]>): ReturnType<CommitStore["list"]> {
    return this.#options.local.list(...parts);
  }

  async events(afterSequence: number, limit: number): ReturnType<CommitStore["events"]> {
    const offset = this.#lineage?.sequenceOffset ?? 0;
    const events = await this.#options.local.events(Math.max(0, afterSequence - offset), limit);
    return events.map(({ sequence, value }) => ({ sequence: sequence + offset, value }));
  }

  async close(): Promise<void> {
    const canFlush = !this.#closed && this.#status.current.state !== "unreachable";
    if (canFlush) await this.#upload?.flush(backupPolicy.closeTimeoutMs);
    this.#closed = true;
    await this.#upload?.stop();
    await this.#options.local.close();
  }

  halt(): void {
    this.#closed = true;
    void this.#upload?.stop();
  }

  wasRestored(): boolean {
    return this.#restored;
  }

  /** Also in later runs of the app. Every restore starts an epoch, and the first epoch starts without one. */
  restoredFrom(): string | undefined {
    const lineage = this.#lineage;
    return lineage === undefined || lineage.epoch === 1
      ? undefined
      : `${lineage.epoch}:${lineage.device}`;
  }

  status(): BackupStatus {
    return this.#status.current;
  }

  subscribe(listener: (status: BackupStatus) => void): () => void {
    return this.#status.subscribe(listener);
  }

  guardTransport(transport: Transport): Transport {
    return {
      supports: (address) => transport.supports(address),
      connect: async (address, signal) => {
        const aborted = new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
        const upload = this.#upload;
        await Promise.race([upload?.mayConnect(), aborted]);
        if (signal.aborted || upload?.failure !== undefined)
          return err("connect_failed", "Another device runs this wallet.", "safe");
        return transport.connect(address, signal);
      },
    };
  }

  continueWithoutBackup(untilMs: number): ReturnType<BackedUpStore["continueWithoutBackup"]> {
    const upload = this.#upload;
    const { state } = this.#status.current;
    if (state === "replaced") return replacedError();
    if (state !== "unreachable" || upload === undefined) return reachableError();
    if (!upload.isVerified) {
      const message =
        "The backup server has not answered since the app started, so another device may have this wallet. Try again when it answers.";
      return err("backup_unverified", message, "safe");
    }
    const latestMs = this.#options.clock.now() + backupPolicy.maxWithoutBackupMs;
    upload.continueWithoutBackup(Math.min(untilMs, latestMs));
    return ok(this.#status.current);
  }

  isVerified(): boolean {
    return this.#upload?.isVerified === true;
  }

  mayBroadcastCommitment(): boolean {
    return this.isVerified() || this.#marks?.isLeaving === true;
  }

  async leaveWithoutBackup(): ReturnType<BackedUpStore["leaveWithoutBackup"]> {
    const marks = this.#marks;
    const { state } = this.#status.current;
    if (state === "replaced") return replacedError();
    if (state !== "unreachable" || marks === undefined) return reachableError();
    if (marks.isNotWriter || !this.#isLineageStored) {
      const message =
        "This device knows that it does not have the newest state of the wallet. Closing its channels could lose their coins.";
      return err("backup_not_writer", message, "never");
    }
    await marks.setLeaving();
    return ok(undefined);
  }

  async check(): Promise<void> {
    await this.#upload?.check();
  }

  async flush(timeoutMs: number): Promise<boolean> {
    return (await this.#upload?.flush(timeoutMs)) ?? false;
  }
}

function replacedError() {
  return err("backup_replaced", "Another device has taken over this wallet.", "never");
}

function reachableError() {
  const message = "The backup server can be reached; the wallet keeps using it.";
  return err("backup_reachable", message, "never");
}

function newLineage(epoch: number, entropy: EntropySource): Lineage {
  return { epoch, device: bytesToHex(entropy.bytes(16)), commitOffset: 0, sequenceOffset: 0 };
}
