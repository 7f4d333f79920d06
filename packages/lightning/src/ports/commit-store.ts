/**
 * Where a node's state lives: named rows, and an ordered log of events. The node makes one `commit` at a time, waits
 * for it, and only then lets bytes and transactions leave; whatever a store says is committed must survive a crash.
 */
export interface CommitStore {
  /** For logs: `memory`, `sqlite`, `postgres`, … */
  readonly kind: string;
  /**
   * Makes this store the only writer and says how far it has come. Every earlier writer is refused from now on. A
   * store under a lease fails with `WriterFenced` while another process holds it.
   */
  open(): Promise<StorePosition>;
  /**
   * All of it or nothing, durable once the promise resolves. `write.number` must be the last one plus one. Rejects
   * with `WriterFenced` when another writer has taken over; after any other rejection it is unknown whether the write
   * happened, and the node starts again from `open`.
   */
  commit(write: StoreWrite): Promise<void>;
  /**
   * For a store that keeps a second copy elsewhere: resolves once everything up to this commit is there too, so that
   * what follows from it may be seen outside. Undefined, or no such method: now. Rejects with `WriterFenced` when
   * another writer has taken over; after any other rejection the node starts again from `open`.
   */
  released?(number: number): Promise<void> | undefined;
  /** One row, or undefined. */
  read(table: string, key: string): Promise<Uint8Array | undefined>;
  /** Rows of a table in the order of their keys (by UTF-16 code unit; keys are ASCII). */
  list(table: string, range?: RowRange): Promise<readonly Row[]>;
  /** Events after a sequence number, oldest first. */
  events(afterSequence: number, limit: number): Promise<readonly StoredEvent[]>;
  /** Gives the place up. Further calls reject. */
  close(): Promise<void>;
}

/** Where a store stands. */
export type StorePosition = {
  /** The number of the last commit; 0 for an empty store. */
  readonly commitNumber: number;
  /** The sequence of the last event ever stored, also when it was forgotten since; 0 for none. */
  readonly lastSequence: number;
};

export type Row = { readonly key: string; readonly value: Uint8Array };

export type RowRange = {
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Only keys beyond this one, in the direction of the walk. */
  readonly after?: string;
  /** True: from the last key to the first. */
  readonly descending?: boolean;
  readonly limit?: number;
};

/** A changed row. `value` undefined: delete. */
export type RowChange = {
  readonly table: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
};

export type StoredEvent = { readonly sequence: number; readonly value: Uint8Array };

/** One atomic write. */
export type StoreWrite = {
  readonly number: number;
  /** At most one change a row. */
  readonly rows: readonly RowChange[];
  /** Appended; sequences grow by one. */
  readonly events: readonly StoredEvent[];
  /** Events up to this sequence are no longer needed. */
  readonly forgetEventsThrough?: number;
};

/** Another writer has this state now. The node that gets this must stop: it can never write again. */
export class WriterFenced extends Error {
  override readonly name = "WriterFenced";
}
