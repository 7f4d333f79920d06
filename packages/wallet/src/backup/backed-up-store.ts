import { bytesToHex } from "@noble/hashes/utils.js";
import type { VssClient } from "@satsconnect/contracts/vss";
import { WriterFenced } from "@satsconnect/lightning";
import type {
  Clock,
  CommitStore,
  EntropySource,
  Logger,
  RowChange,
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
} from "./local-rows.ts";
import type { Lineage } from "./local-rows.ts";
import { MirroredKeyValueStore } from "./mirrored-store.ts";
import { remoteBackup } from "./remote-backup.ts";
import type { RemoteBackup } from "./remote-backup.ts";
import type { BackupRow } from "./segment.ts";
import { BackupStatusPublisher } from "./backup-status.ts";
import type { BackupStatus } from "./backup-status.ts";
import {
  compareWitness,
  forgetBase,
  forgetPendingRecovery,
  outdatedRows,
  readWitnessRows,
  witnessTable,
} from "./outdated.ts";
import type { WitnessRows } from "./outdated.ts";
import type { TowerHeads, Witnessed } from "./tower-heads.ts";
import type { WitnessedHead } from "./tower-keys.ts";
import { BackupUnreachable, BackupWithheld } from "./backup-errors.ts";
import { restoreBackup } from "./restore.ts";
import { askTower } from "./tower-heads.ts";
import { Upload } from "./upload.ts";
import { Witness } from "./witness.ts";
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
  /** Another party's watchtower, which knows how new the backup is. Absent: none is asked. */
  readonly tower?: TowerHeads;
  /** Take over the wallet from another device and replace the local state. An empty store always does. */
  readonly takeOver?: boolean;
  /** How often an idle wallet asks whether another device has taken over. */
  readonly checkEveryMs?: number;
};

/** A node's store that holds back the output of each commit until the backup has the commit too. */
export type BackedUpStore = CommitStore & {
  readonly isOutdated: NonNullable<CommitStore["isOutdated"]>;
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
  #witness: Witness | undefined;
  #witnessRows: WitnessRows | undefined;
  /** Changes of the witness table that the next commit of the node takes along. */
  #nextRows: RowChange[] = [];
  /** A node has been told to start in recovery mode, and has not committed yet. */
  #isRecovering = false;
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
    const { local } = this.#options;
    this.#closed = false;
    this.#mirror.detach();
    await this.#upload?.stop();
    this.#upload = undefined;
    this.#witness?.stop();
    this.#witness = undefined;
    const localPosition = await local.open();
    const lineage = await readLineage(local);
    const [found, witnessed] = await Promise.all([
      lineage === undefined ? this.#remote.head() : this.#headWithTimeout(),
      askTower(this.#options, lineage !== undefined),
    ]);
    return lineage === undefined
      ? this.#openWithoutState(localPosition, found, witnessed)
      : this.#openWithState(localPosition, lineage, found, witnessed);
  }

  async #openWithoutState(
    localPosition: StorePosition,
    found: FoundHead,
    witnessed: Witnessed,
  ): Promise<StorePosition> {
    const { entropy, isNewSeed } = this.#options;
    const isEmpty = localPosition.commitNumber === 0;
    if (!found.ok) {
      if (isEmpty && isNewSeed === true)
        return this.#begin(localPosition, newLineage(1, entropy), undefined, witnessed);
      throw new BackupUnreachable(found.error.message);
    }
    const head = found.value;
    if (head === undefined || head.commit === 0) {
      if (witnessed.head !== undefined)
        throw new BackupWithheld("the watchtower knows a backup that the server does not have");
      const lineage = newLineage((head?.epoch ?? 0) + 1, entropy);
      return this.#begin(localPosition, lineage, positionOf(head), witnessed);
    }
    if (isEmpty || this.#takeOver) return this.#restore(localPosition, head, witnessed);
    throw this.#replaced("the wallet of this seed runs on another device");
  }

  async #openWithState(
    localPosition: StorePosition,
    lineage: Lineage,
    found: FoundHead,
    witnessed: Witnessed,
  ): Promise<StorePosition> {
    const { commitNumber } = walletPosition(localPosition, lineage);
    const { base } = await readWitnessRows(this.#options.local);
    const ofTower = compareWitness({ ...lineage, commit: commitNumber, base }, witnessed.head);
    if (!found.ok) {
      // local state opens anyway; no output leaves before the server has answered
      if (ofTower !== "current") await this.#rememberNotWriter(lineage);
      if (ofTower === "replaced") throw this.#replaced("another device has taken over this wallet");
      return this.#begin(localPosition, lineage, undefined, witnessed);
    }
    const head = found.value;
    const verdict = compareHead(lineage, commitNumber, head);
    if (verdict.kind === "ours" && ofTower === "current")
      return this.#begin(localPosition, lineage, verdict.position, witnessed);
    // the server confirms this state, but the tower knows a newer one, which nobody has any more
    if (verdict.kind === "ours" && ofTower === "behind")
      return this.#continueOutdated(localPosition, lineage, verdict.position, witnessed);
    const isNewest = ofTower === "current" && verdict.kind === "restart" && !verdict.isBehind;
    // remembered before anything else: a restart may find the server gone
    if (!isNewest) await this.#rememberNotWriter(lineage);
    const hasBackup = head !== undefined && head.commit > 0;
    if (hasBackup && (verdict.kind === "restart" || this.#takeOver))
      return this.#restore(localPosition, head, witnessed);
    throw this.#replaced(
      verdict.kind === "ours" ? "another device has taken over this wallet" : verdict.reason,
    );
  }

  async #rememberNotWriter(lineage: Lineage): Promise<void> {
    await (await WriterMarks.load(this.#options.keyValueStore, lineage)).setNotWriter();
  }

  #replaced(reason: string): WriterFenced {
    this.#status.set({ state: "replaced" });
    return new WriterFenced(reason);
  }

  /**
   * Reads the head for a wallet that has local state. It gives up after a timeout, and a backup that cannot be read
   * counts as unreachable: neither may keep a person from seeing the wallet on this device.
   */
  async #headWithTimeout(): Promise<FoundHead> {
    const { clock } = this.#options;
    const timedOut = new Promise<FoundHead>((resolve) => {
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

  /**
   * Continues with a state of this device that is older than one that the wallet had. Its channels are closed before
   * anything else, without a transaction of this node (`isOutdated`), and its next commit follows the newest known one.
   */
  async #continueOutdated(
    localPosition: StorePosition,
    lineage: Lineage,
    position: RemotePosition,
    witnessed: Witnessed,
  ): Promise<StorePosition> {
    const { local, clock, logger } = this.#options;
    const { commitNumber } = walletPosition(localPosition, lineage);
    const knownCommit = witnessed.head?.commit ?? commitNumber;
    const next = Math.max(commitNumber, knownCommit) + 1;
    const number = localPosition.commitNumber + 1;
    const now: Lineage = { ...lineage, commitOffset: next - number };
    const outdated = { foundAt: clock.now(), commit: commitNumber, knownCommit };
    await local.commit({
      number,
      rows: [lineageRow(now), ...outdatedRows(outdated)],
      events: [],
    });
    logger.error({ commit: commitNumber, knownCommit }, "this state of the wallet is old");
    return this.#begin({ ...localPosition, commitNumber: number }, now, position, witnessed);
  }

  /** @param position the backup's position; undefined if the server has not answered */
  async #begin(
    localPosition: StorePosition,
    lineage: Lineage,
    position: RemotePosition | undefined,
    witnessed: Witnessed,
  ): Promise<StorePosition> {
    const { clock, logger, local, entropy } = this.#options;
    const witnessRows = await readWitnessRows(local);
    this.#witnessRows = witnessRows;
    this.#nextRows = [];
    this.#isRecovering = false;
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
    this.#status.set({
      state: position === undefined ? "unreachable" : "current",
      outdated: witnessRows.outdated ?? null,
    });
    this.#witness = this.#openWitness(lineage, witnessed);
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
          if (
            verdict.kind === "ours" &&
            this.#compareWithTower(lineage, witnessed.head) !== "current"
          )
            return {
              kind: "restart",
              reason: "the watchtower knows a newer state",
              isBehind: true,
            };
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
        onConfirmed: (confirmedCommit, entry) => {
          this.#mirror.confirmed(entry);
          this.#witness?.announce(confirmedCommit);
        },
        onFailed: (failure) => this.#witness?.end(failure),
        checkEveryMs: this.#options.checkEveryMs ?? backupPolicy.checkEveryMs,
      },
      positionInWallet,
    );
    if (mustRewrite) upload.rewrite((await readAll(local)).values(), positionInWallet.commitNumber);
    for (const { commit, rows } of pending)
      if (!mustRewrite && commit > (position?.commit ?? 0)) upload.resume(rows, commit);
    // written without the node, so not listed with one of its commits; few, and gone after the first commits
    const ownRows = (await local.list(witnessTable)).map((row) => ({
      table: witnessTable,
      ...row,
    }));
    if (!mustRewrite) upload.resume(ownRows, positionInWallet.commitNumber);
    this.#upload = upload;
    if (witnessed.isKnown && witnessRows.base !== undefined) this.#nextRows.push(forgetBase);
    if (position !== undefined && !mustRewrite) this.#witness?.announce(position.commit);
    await this.#mirror.attach((key, value) => upload.addEntry(key, value), mustRewrite);
    return positionInWallet;
  }

  #openWitness(lineage: Lineage, witnessed: Witnessed): Witness | undefined {
    const { tower, clock, logger, keyValueStore } = this.#options;
    if (tower === undefined) return undefined;
    const { epoch, device } = lineage;
    return new Witness({
      heads: tower,
      clock,
      logger,
      status: this.#status,
      keyValueStore,
      epoch,
      device,
      isCompared: witnessed.isKnown,
      compare: (head) => this.#compareLater(lineage, head),
    });
  }

  #compareWithTower(lineage: Lineage, head: WitnessedHead | undefined) {
    const base = this.#witnessRows?.base;
    return compareWitness({ ...lineage, commit: this.#lastStoredCommit, base }, head);
  }

  /** Compares a head that the tower has told during the run. A newer one ends the run; the next one repairs the state. */
  async #compareLater(lineage: Lineage, head: WitnessedHead | undefined): Promise<boolean> {
    const verdict = this.#compareWithTower(lineage, head);
    if (verdict === "current") {
      if (this.#witnessRows?.base !== undefined) this.#nextRows.push(forgetBase);
      return true;
    }
    await this.#marks?.setNotWriter();
    this.#upload?.fail(
      verdict === "replaced"
        ? new WriterFenced("another device has taken over this wallet")
        : new Error("the watchtower knows a newer state"),
    );
    return false;
  }

  async #restore(
    localPosition: StorePosition,
    found: Head,
    witnessed: Witnessed,
  ): Promise<StorePosition> {
    const options = { ...this.#options, remote: this.#remote, mirror: this.#mirror };
    const { lineage, head, position } = await restoreBackup(
      options,
      localPosition,
      found,
      witnessed,
    );
    this.#restored = true;
    // take over once: a later `open` starts from the local state
    this.#takeOver = false;
    return this.#begin(position, lineage, positionOf(head), witnessed);
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
    // the first commit of a node in recovery mode has closed all channels
    const own = [...this.#nextRows, ...(this.#isRecovering ? [forgetPendingRecovery] : [])];
    rows.push(...own);
    const { commitOffset, sequenceOffset } = lineage;
    await this.#options.local.commit({
      number: write.number - commitOffset,
      rows: [
        ...write.rows,
        ...own,
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
    this.#nextRows = [];
    this.#isRecovering = false;
    if (this.#witnessRows !== undefined)
      this.#witnessRows = { ...this.#witnessRows, isPending: false };
    this.#lastStoredCommit = write.number;
    this.#lastSequence = write.events.at(-1)?.sequence ?? this.#lastSequence;
    this.#pendingCommits = [
      ...this.#pendingCommits.filter((commit) => !confirmed.includes(commit)),
      write.number,
    ];
    upload.add(rows, write.number, this.#lastSequence);
  }

  released(number: number): Promise<void> | undefined {
    if (this.#upload === undefined) return Promise.reject(new Error("the store is not open"));
    const inBackup = this.#upload.released(number);
    const witness = this.#witness;
    if (witness === undefined) return inBackup;
    return inBackup === undefined
      ? witness.released(number)
      : inBackup.then(() => witness.released(number));
  }

  isOutdated(): boolean {
    this.#isRecovering = this.#witnessRows?.isPending === true;
    return this.#isRecovering;
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
    this.#witness?.stop();
    await this.#options.local.close();
  }

  halt(): void {
    this.#closed = true;
    void this.#upload?.stop();
    this.#witness?.stop();
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

type FoundHead = Awaited<ReturnType<RemoteBackup["head"]>>;

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
