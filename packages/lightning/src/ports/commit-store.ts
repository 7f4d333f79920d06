/**
 * Durable storage for one node: tables of rows, and an append-only log of events. The node makes one `commit` at a time
 * and sends nothing before it resolves. Data reported as committed must survive a crash of the process and the machine.
 *
 * `describeCommitStore` (`@satsconnect/lightning/conformance`) tests an implementation against these rules.
 */
export interface CommitStore {
  /** For logs: `memory`, `sqlite`, `postgres`, … */
  readonly kind: string;
  /**
   * Makes this instance the only writer and returns the last committed position. Commits by earlier writers are
   * rejected from now on. A store with a lease rejects with `WriterFenced` while another process holds it.
   */
  open(): Promise<StorePosition>;
  /**
   * Writes everything or nothing, durable once the promise resolves. `write.number` must be the previous commit's
   * number plus one. Rejects with `WriterFenced` when another writer has taken over. After any other rejection it is
   * unknown whether the write happened, and the node restarts from `open`.
   */
  commit(write: StoreWrite): Promise<void>;
  /**
   * For stores that keep a second copy elsewhere: resolves once every commit up to `number` is in that copy too. Only
   * then does the node send bytes and publish events that follow from it; transactions wait a minute at most. Returns
   * undefined, or is absent, when nothing has to be waited for. Rejects with `WriterFenced` when another writer has taken over; after
   * any other rejection the node restarts from `open`.
   */
  released?(number: number): Promise<void> | undefined;
  /**
   * For stores with `released`: whether a commitment transaction of ours may be broadcast now without waiting for
   * `released`. False while another writer may have a newer state: the commitment could be a revoked one. Absent: true.
   */
  mayBroadcastCommitment?(): boolean;
  /** Reads one row, or undefined. */
  read(table: string, key: string): Promise<Uint8Array | undefined>;
  /** Rows of a table ordered by key (by UTF-16 code unit; keys are ASCII). */
  list(table: string, range?: RowRange): Promise<readonly Row[]>;
  /** Events after a sequence number, oldest first. */
  events(afterSequence: number, limit: number): Promise<readonly StoredEvent[]>;
  /**
   * For stores whose contents can be replaced by an older copy, such as a backup: an id of the last replacement, or
   * undefined when there was none. Asked after `open`. Until a channel's peer has confirmed that the copy is its newest
   * state, the node broadcasts nothing that spends the channel's funding output (`Config.restored` of the core).
   */
  restoredFrom?(): string | undefined;
  /**
   * For stores that can find out that their contents are older than a state that the node has had: true until the commit
   * after it was asked, which happens after `open`. The node then starts in recovery mode (`NodeSettings.recovery`): it
   * closes all channels without a transaction of its own and asks its peers to close with their newest state.
   */
  isOutdated?(): boolean;
  /** Stops being the writer. Further calls reject. */
  close(): Promise<void>;
}

/** The last committed position of a store. */
export type StorePosition = {
  /** Number of the last commit; 0 for an empty store. */
  readonly commitNumber: number;
  /** Sequence of the last event ever appended, even if it has been deleted since; 0 for none. */
  readonly lastSequence: number;
};

export type Row = { readonly key: string; readonly value: Uint8Array };

export type RowRange = {
  /** Only keys with this prefix. */
  readonly prefix?: string;
  /** Only keys after this one, in the direction of the listing. */
  readonly after?: string;
  /** True to list from the last key to the first. */
  readonly descending?: boolean;
  readonly limit?: number;
};

/** A row to write, or to delete when `value` is undefined. */
export type RowChange = {
  readonly table: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
};

export type StoredEvent = { readonly sequence: number; readonly value: Uint8Array };

/** One atomic write. */
export type StoreWrite = {
  readonly number: number;
  /** At most one change per row. */
  readonly rows: readonly RowChange[];
  /** Events to append. Sequences increase by one, without gaps. */
  readonly events: readonly StoredEvent[];
  /** Events up to and including this sequence may be deleted. */
  readonly forgetEventsThrough?: number;
};

/** Another writer has taken the store over. The node must stop: this instance can never write again. */
export class WriterFenced extends Error {
  override readonly name = "WriterFenced";
}
