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
import type { Notes } from "../storage/key-value-store.ts";
import { BackupDamaged } from "./byte-codec.ts";
import type { Head } from "./head.ts";
import { isWrittenAnew, judge, positionOf, walletPosition } from "./compare-head.ts";
import type { BackupKeys } from "./backup-keys.ts";
import {
  forgetPending,
  isBackedUp,
  lineageRow,
  pendingRow,
  readAll,
  readLineage,
  readPending,
  replacing,
} from "./local-rows.ts";
import type { Lineage } from "./local-rows.ts";
import { NotesMirror } from "./mirrored-store.ts";
import { remoteBackup } from "./remote-backup.ts";
import type { RemoteBackup } from "./remote-backup.ts";
import type { BackupRow } from "./segment.ts";
import { StatusBoard } from "./backup-status.ts";
import type { BackupStatus } from "./backup-status.ts";
import { Upload } from "./upload.ts";
import type { RemotePosition } from "./upload.ts";

const checkEveryMs = 25_000;
const openPatienceMs = 4_000;
const claimAttempts = 5;
const drainMs = 5_000;
/** The longest that a person can let a wallet go on without its backup. */
const longestGoOnMs = 24 * 3_600_000;

export type BackupOptions = {
  /** Where the node's state lives on this device. */
  readonly local: CommitStore;
  /** What the wallet keeps besides: restored with the rest. */
  readonly notes: Notes;
  readonly vss: VssClient;
  readonly keys: BackupKeys;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly logger: Logger;
  /**
   * The seed was made on this device a moment ago: an empty store may begin before the server was asked. Never for a
   * seed that a person typed in.
   */
  readonly isNewSeed?: boolean;
  /** Take the wallet over from the device that has it now, replacing what is stored here. An empty store always does. */
  readonly takeOver?: boolean;
  /** How often an idle wallet asks whether it was replaced. */
  readonly checkEveryMs?: number;
};

/** A node's store whose every commit is in the backup too before anything that follows from it leaves this device. */
export type BackedUpStore = CommitStore & {
  readonly released: NonNullable<CommitStore["released"]>;
  /** The notes, mirrored into the backup. */
  readonly notes: Notes;
  /** True when `open` restored this wallet from its backup. */
  readonly wasRestored: () => boolean;
  readonly status: () => BackupStatus;
  /** Hears of another state or permission, until the returned function is called. */
  readonly subscribe: (listener: (status: BackupStatus) => void) => () => void;
  /**
   * A transport that connects only once this device is known to be the one that runs this wallet: a device that was
   * replaced must not even greet its peers.
   */
  readonly guard: (transport: Transport) => Transport;
  /**
   * The person lets the wallet go on without its backup until then. What happens meanwhile is on this device only: if
   * it is lost before the backup has caught up, channels may have to be closed with what the operator says of them.
   * Errors: `backup_reachable` (there is nothing to go on without), `backup_unverified` (the server could not be asked
   * in this run whether another device has the wallet), `backup_replaced`.
   */
  readonly goOnWithout: (
    untilMs: number,
  ) => Result<BackupStatus, "backup_reachable" | "backup_unverified" | "backup_replaced">;
  /** Asks now whether this device still has the wallet, and keeps the connection warm: before a payment, on waking. */
  readonly check: () => Promise<void>;
  /** True once everything up to now is in the backup, notes too; false when the time is over first. Before leaving. */
  readonly complete: (patienceMs: number) => Promise<boolean>;
  /** Stops at once, as a crash would: for simulations. */
  readonly halt: () => void;
};

/** Nothing here, and the server cannot say whether there is a backup: an empty wallet must not begin under this seed. */
export class BackupUnreachable extends Error {
  override readonly name = "BackupUnreachable";
}

/**
 * Keeps a second, sealed copy of a node's state at the operator's VSS. A commit is stored here first; the core goes on;
 * what comes of the commit leaves once the copy has it too (`released`), several commits in one write. Which device may
 * write is decided by the copy's version: a device that takes over raises the epoch, and the one before is refused.
 */
export function backedUpStore(options: BackupOptions): BackedUpStore {
  return new Store(options);
}

class Store implements BackedUpStore {
  readonly kind: string;
  readonly #options: BackupOptions;
  readonly #board: StatusBoard;
  readonly #remote: RemoteBackup;
  readonly #mirror: NotesMirror;
  #upload: Upload | undefined;
  #lineage: Lineage | undefined;
  #isLineageStored = false;
  /** Commits whose rows are named in the local store, because the backup may not have them. */
  #named: number[] = [];
  #stored = 0;
  #lastSequence = 0;
  #restored = false;
  #takeOver: boolean;
  #closed = false;

  constructor(options: BackupOptions) {
    this.#options = options;
    this.kind = `backed-up ${options.local.kind}`;
    this.#board = new StatusBoard(options.clock);
    this.#remote = remoteBackup(options.vss, options.keys);
    this.#mirror = new NotesMirror(options.notes);
    this.#takeOver = options.takeOver ?? false;
  }

  get notes(): Notes {
    return this.#mirror.notes;
  }

  async open(): Promise<StorePosition> {
    const { local, entropy, isNewSeed } = this.#options;
    this.#closed = false;
    this.#mirror.detach();
    await this.#upload?.stop();
    this.#upload = undefined;
    const here = await local.open();
    const lineage = await readLineage(local);
    const found = await (lineage === undefined ? this.#remote.head() : this.#headSoon());
    if (!found.ok) {
      // a wallet that is here opens all the same; nothing of it leaves before the server was asked
      if (lineage !== undefined) return this.#begin(here, lineage, undefined);
      if (here.commitNumber === 0 && isNewSeed === true)
        return this.#begin(here, newLineage(1, entropy), undefined);
      throw new BackupUnreachable(found.error.message);
    }
    const head = found.value;
    const position = positionOf(head);
    const hasBackup = head !== undefined && head.commit > 0;
    if (lineage === undefined) {
      if (!hasBackup)
        return this.#begin(here, newLineage((head?.epoch ?? 0) + 1, entropy), position);
      if (here.commitNumber === 0 || this.#takeOver) return this.#restore(here, head);
      throw this.#replaced("the wallet of this seed lives on another device");
    }
    const verdict = judge(lineage, walletPosition(here, lineage).commitNumber, head);
    if (verdict.kind === "ours") return this.#begin(here, lineage, position);
    if (hasBackup && (verdict.kind === "restart" || this.#takeOver))
      return this.#restore(here, head);
    throw this.#replaced(verdict.reason);
  }

  #replaced(reason: string): WriterFenced {
    this.#board.set({ state: "replaced" });
    return new WriterFenced(reason);
  }

  /**
   * For a wallet that is here: opens without an answer rather than make a person wait for one. A backup that cannot be
   * read is no reason either to hide what is here.
   */
  async #headSoon(): ReturnType<RemoteBackup["head"]> {
    const { clock } = this.#options;
    const late = new Promise<Awaited<ReturnType<RemoteBackup["head"]>>>((resolve) => {
      clock.after(openPatienceMs, () =>
        resolve(err("unreachable", "The backup takes its time.", "safe")),
      );
    });
    const asked = this.#remote.head().catch((error: unknown) => {
      if (error instanceof BackupDamaged) return err("unreachable", error.message, "never");
      throw error;
    });
    return Promise.race([asked, late]);
  }

  /** @param position where the backup stands; undefined: nobody could say. */
  async #begin(
    here: StorePosition,
    lineage: Lineage,
    position: RemotePosition | undefined,
  ): Promise<StorePosition> {
    const { clock, logger, local, entropy } = this.#options;
    const at = walletPosition(here, lineage);
    const pending = await readPending(local);
    const firstNamed = pending[0]?.commit ?? at.commitNumber + 1;
    const isAnew = position !== undefined && isWrittenAnew(position, firstNamed);
    this.#lineage = lineage;
    this.#isLineageStored = (await readLineage(local)) !== undefined;
    this.#named = pending.map(({ commit }) => commit);
    this.#stored = at.commitNumber;
    this.#lastSequence = at.lastSequence;
    this.#board.set({ state: position === undefined ? "unreachable" : "current" });
    const upload = new Upload(
      {
        remote: this.#remote,
        clock,
        logger,
        board: this.#board,
        epoch: lineage.epoch,
        device: lineage.device,
        session: bytesToHex(entropy.bytes(16)),
        position,
        judge: (head) => {
          const verdict = judge(lineage, this.#stored, head);
          const isLost = verdict.kind === "ours" && isWrittenAnew(verdict.position, firstNamed);
          return isLost && !isAnew && !upload.isVerified
            ? { kind: "restart", reason: "the backup has to be written anew" }
            : verdict;
        },
        onConfirmed: (notes) => this.#mirror.confirmed(notes),
        checkEveryMs: this.#options.checkEveryMs ?? checkEveryMs,
      },
      at,
    );
    if (isAnew) upload.resumeAnew((await readAll(local)).values(), at.commitNumber);
    for (const { commit, rows } of pending)
      if (!isAnew && commit > (position?.commit ?? 0)) upload.resume(rows, commit);
    this.#upload = upload;
    await this.#mirror.attach((key, value) => upload.addNote(key, value), isAnew);
    return at;
  }

  /** Fences the device that wrote last, reads everything, and puts it in the place of what is here. */
  async #restore(here: StorePosition, found: Head): Promise<StorePosition> {
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
        notes: 0,
        version: head.version + 1,
        at: clock.now(),
      };
      const claimed = await this.#remote.write({
        expected: head.version,
        head: claim,
        segments: [],
        gone: [],
      });
      const now = claimed.ok ? ok(claim) : await this.#remote.head();
      if (!now.ok) throw new BackupUnreachable(now.error.message);
      if (now.value === undefined) throw new BackupUnreachable("the backup is gone");
      head = now.value;
      if (head.device === device) break;
      if (attempt === claimAttempts)
        throw new BackupUnreachable("another device takes this wallet over");
    }
    const rows = await this.#remote.rows(head.segments);
    if (!rows.ok) throw new BackupUnreachable(rows.error.message);
    await this.#mirror.restore(rows.value);
    const lineage: Lineage = {
      epoch: head.epoch,
      device,
      commitOffset: head.commit - (here.commitNumber + 1),
      sequenceOffset: head.lastSequence - here.lastSequence,
    };
    await local.commit({
      number: here.commitNumber + 1,
      rows: [...(await replacing(local, rows.value)), lineageRow(lineage)],
      events: [],
      forgetEventsThrough: here.lastSequence,
    });
    this.#restored = true;
    // asked for once: a later life of the node begins from what is here
    this.#takeOver = false;
    logger.info({ epoch: head.epoch, commit: head.commit }, "restored from the backup");
    const after = { ...here, commitNumber: here.commitNumber + 1 };
    return this.#begin({ ...after }, lineage, positionOf(head));
  }

  async commit(write: Parameters<CommitStore["commit"]>[0]): Promise<void> {
    const [upload, lineage] = [this.#upload, this.#lineage];
    if (upload === undefined || lineage === undefined || this.#closed)
      throw new Error("the store is not open");
    if (upload.failure !== undefined) throw upload.failure;
    const forgotten = this.#named.filter((commit) => commit <= upload.confirmed);
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
        ...forgotten.map(forgetPending),
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
    this.#stored = write.number;
    this.#lastSequence = write.events.at(-1)?.sequence ?? this.#lastSequence;
    this.#named = [...this.#named.filter((commit) => !forgotten.includes(commit)), write.number];
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
    const events = await this.#options.local.events(afterSequence - offset, limit);
    return events.map(({ sequence, value }) => ({ sequence: sequence + offset, value }));
  }

  async close(): Promise<void> {
    const canDrain = !this.#closed && this.#board.now.state !== "unreachable";
    if (canDrain) await this.#upload?.complete(drainMs);
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

  status(): BackupStatus {
    return this.#board.now;
  }

  subscribe(listener: (status: BackupStatus) => void): () => void {
    return this.#board.subscribe(listener);
  }

  guard(transport: Transport): Transport {
    return {
      supports: (address) => transport.supports(address),
      connect: async (address, signal) => {
        const aborted = new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
        const upload = this.#upload;
        await Promise.race([upload?.cleared(), aborted]);
        if (signal.aborted || upload?.failure !== undefined)
          return err("connect_failed", "This device does not run this wallet now.", "safe");
        return transport.connect(address, signal);
      },
    };
  }

  goOnWithout(untilMs: number): ReturnType<BackedUpStore["goOnWithout"]> {
    const upload = this.#upload;
    const { state } = this.#board.now;
    if (state === "replaced")
      return err("backup_replaced", "This wallet lives on another device now.", "never");
    if (state !== "unreachable" || upload === undefined)
      return err("backup_reachable", "The backup can be reached.", "never");
    if (!upload.isVerified) {
      const message = "Since this start nobody could say whether another device has this wallet.";
      return err("backup_unverified", message, "safe");
    }
    upload.goOn(Math.min(untilMs, this.#options.clock.now() + longestGoOnMs));
    return ok(this.#board.now);
  }

  async check(): Promise<void> {
    await this.#upload?.check();
  }

  async complete(patienceMs: number): Promise<boolean> {
    return (await this.#upload?.complete(patienceMs)) ?? false;
  }
}

function newLineage(epoch: number, entropy: EntropySource): Lineage {
  return { epoch, device: bytesToHex(entropy.bytes(16)), commitOffset: 0, sequenceOffset: 0 };
}
