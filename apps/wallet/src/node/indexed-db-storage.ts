import { Connection, inTransaction, storageError } from "./indexed-db-connection.ts";
import type { StoreName } from "./indexed-db-connection.ts";
import { WriterFenced } from "@satsconnect/lightning/store";
import type { CommitStore, RowRange } from "@satsconnect/lightning/store";
import type { KeyValueStore } from "@satsconnect/wallet/host";

const prefix = "satsconnect-wallet-";
const position = "position";
/** Appended to a prefix, sorts after every key with that prefix. */
const beyond = "\uffff";

type Position = {
  readonly commitNumber: number;
  readonly lastSequence: number;
  /** Incremented each time the store is opened for writing: the fencing token. */
  readonly writer: number;
};

/** One wallet's storage in this browser. */
export type WalletStorage = {
  /** A store that is bound to one connection: after the browser has cut that off, its calls fail, and a new one works. */
  readonly store: () => CommitStore;
  readonly keyValueStore: KeyValueStore;
  /** Calls `listener` each time the browser cuts the connection off. Returns a function that ends this. */
  readonly onLost: (listener: () => void) => () => void;
  readonly close: () => void;
};

/** Opens a wallet's IndexedDB database; creates it where it does not exist. */
export async function openWalletStorage(
  walletId: string,
  factory = indexedDB,
): Promise<WalletStorage> {
  const connection = new Connection(prefix + walletId, factory);
  await connection.database();
  return {
    store: () => indexedDbStore(connection),
    keyValueStore: indexedDbKeyValueStore(connection),
    onLost: (listener) => connection.onLost(listener),
    close: () => connection.close(),
  };
}

export async function listWalletStorage(): Promise<readonly string[]> {
  const names = (await indexedDB.databases()).map(({ name }) => name ?? "");
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

export async function deleteWalletStorage(walletId: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(prefix + walletId);
    deleting.addEventListener("success", () => resolve());
    deleting.addEventListener("error", () => reject(storageError(deleting.error)));
  });
}

/** A `CommitStore` over IndexedDB. Each commit is one transaction with strict durability. */
function indexedDbStore(connection: Connection): CommitStore {
  let writer: number | undefined;
  let pinned: Promise<IDBDatabase> | undefined;

  /** Runs `work` in one transaction; resolves with its result after the transaction completed. */
  async function transact<Value>(
    names: readonly StoreName[],
    mode: IDBTransactionMode,
    work: (transaction: IDBTransaction) => Promise<Value>,
  ): Promise<Value> {
    pinned ??= connection.database();
    return inTransaction(connection, await pinned, names, mode, work);
  }

  const mustBeOpen = (): void => {
    if (writer === undefined) throw new Error("The store is not open");
  };

  return {
    kind: "indexeddb",
    open: () =>
      transact(["meta"], "readwrite", async (transaction) => {
        const before = await readPosition(transaction);
        writer = before.writer + 1;
        transaction.objectStore("meta").put({ ...before, writer }, position);
        return { commitNumber: before.commitNumber, lastSequence: before.lastSequence };
      }),
    async commit(write) {
      mustBeOpen();
      await transact(["meta", "rows", "events"], "readwrite", async (transaction) => {
        const before = await readPosition(transaction);
        if (before.writer !== writer) throw new WriterFenced("Another writer has opened the store");
        if (write.number !== before.commitNumber + 1)
          throw new WriterFenced(`Commit ${write.number} does not follow ${before.commitNumber}`);
        if (write.events.some(({ sequence }, at) => sequence !== before.lastSequence + 1 + at))
          throw new Error("The event sequence has a gap");
        const rows = transaction.objectStore("rows");
        for (const { table, key, value } of write.rows) {
          if (value === undefined) rows.delete([table, key]);
          else rows.put(compact(value), [table, key]);
        }
        const events = transaction.objectStore("events");
        for (const { sequence, value } of write.events) events.put(compact(value), sequence);
        const { forgetEventsThrough } = write;
        if (forgetEventsThrough !== undefined)
          events.delete(IDBKeyRange.upperBound(forgetEventsThrough));
        const after: Position = {
          ...before,
          commitNumber: write.number,
          lastSequence: write.events.at(-1)?.sequence ?? before.lastSequence,
        };
        transaction.objectStore("meta").put(after, position);
      });
    },
    read: (table, key) =>
      transact(["rows"], "readonly", async (transaction) => {
        mustBeOpen();
        const value: unknown = await answer(transaction.objectStore("rows").get([table, key]));
        return value === undefined ? undefined : bytes(value);
      }),
    list: (table, range = {}) =>
      transact(["rows"], "readonly", async (transaction) => {
        mustBeOpen();
        const rows: { readonly key: string; readonly value: Uint8Array }[] = [];
        if (range.limit === 0) return rows;
        const keys = keyRange(table, range);
        if (keys === undefined) return rows;
        const opening = transaction
          .objectStore("rows")
          .openCursor(keys, range.descending === true ? "prev" : "next");
        await new Promise<void>((resolve, reject) => {
          opening.addEventListener("error", () => reject(storageError(opening.error)));
          opening.addEventListener("success", () => {
            const cursor = opening.result;
            if (cursor === null || rows.length === range.limit) return resolve();
            const [, key] = cursor.key as [string, string];
            rows.push({ key, value: bytes(cursor.value) });
            cursor.continue();
          });
        });
        return rows;
      }),
    events: (afterSequence, limit) =>
      transact(["events"], "readonly", async (transaction) => {
        mustBeOpen();
        if (limit === 0) return [];
        const events = transaction.objectStore("events");
        const range = IDBKeyRange.lowerBound(afterSequence, true);
        const [keys, values] = await Promise.all([
          answer(events.getAllKeys(range, limit)),
          answer<unknown[]>(events.getAll(range, limit)),
        ]);
        return keys.map((key, at) => ({ sequence: Number(key), value: bytes(values[at]) }));
      }),
    async close() {
      writer = undefined;
    },
  };
}

function indexedDbKeyValueStore(connection: Connection): KeyValueStore {
  const transact = async <Value>(
    mode: IDBTransactionMode,
    work: (transaction: IDBTransaction) => Promise<Value>,
  ): Promise<Value> =>
    inTransaction(connection, await connection.database(), ["notes"], mode, work);
  const write = (change: (notes: IDBObjectStore) => void): Promise<void> =>
    transact("readwrite", async (transaction) => change(transaction.objectStore("notes")));
  return {
    get: (key) =>
      transact("readonly", async (transaction) => {
        const value: unknown = await answer(transaction.objectStore("notes").get(key));
        return value === undefined ? undefined : String(value);
      }),
    put: (key, value) => write((notes) => notes.put(value, key)),
    delete: (key) => write((notes) => notes.delete(key)),
    list: (under) =>
      transact("readonly", async (transaction) => {
        const notes = transaction.objectStore("notes");
        const range = IDBKeyRange.bound(under, under + beyond);
        const [keys, values] = await Promise.all([
          answer(notes.getAllKeys(range)),
          answer<unknown[]>(notes.getAll(range)),
        ]);
        return keys.map((key, at) => ({ key: String(key), value: String(values[at]) }));
      }),
  };
}

/** The keys of a range; undefined for an empty one. */
function keyRange(table: string, range: RowRange): IDBKeyRange | undefined {
  const { prefix: begin = "", after, descending = false } = range;
  const [first, last] = [begin, begin + beyond];
  if (after === undefined) return IDBKeyRange.bound([table, first], [table, last]);
  if (descending) {
    if (after <= first) return undefined;
    return IDBKeyRange.bound([table, first], [table, after < last ? after : last], false, true);
  }
  if (after >= last) return undefined;
  const isInside = after >= first;
  return IDBKeyRange.bound([table, isInside ? after : first], [table, last], isInside, false);
}

async function readPosition(transaction: IDBTransaction): Promise<Position> {
  const found: unknown = await answer(transaction.objectStore("meta").get(position));
  return (found as Position | undefined) ?? { commitNumber: 0, lastSequence: 0, writer: 0 };
}

function answer<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(storageError(request.error)));
  });
}

/** Copies a view that is smaller than its buffer: IndexedDB would store the whole buffer. */
function compact(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : value.slice();
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error("A stored row is not a byte array");
}
