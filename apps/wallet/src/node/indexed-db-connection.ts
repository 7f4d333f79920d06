/** The object stores of a wallet's database. */
const stores = ["rows", "events", "meta", "notes"] as const;
export type StoreName = (typeof stores)[number];

/**
 * The connection to a database. Browsers cut it off under an open page when they clear or repair their storage, and some
 * when the phone sleeps; the next call then opens the database again. It may be empty, as after a reload.
 */
export class Connection {
  readonly #name: string;
  readonly #factory: IDBFactory;
  readonly #listeners = new Set<() => void>();
  #opening: Promise<IDBDatabase> | undefined;
  #isClosed = false;

  constructor(name: string, factory: IDBFactory) {
    this.#name = name;
    this.#factory = factory;
  }

  /** The open database. @throws Error once it was closed or is being deleted */
  database(): Promise<IDBDatabase> {
    if (this.#isClosed) return Promise.reject(new Error("The wallet's storage is closed"));
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** To be called when a transaction could not be started on this database. */
  lost(database: IDBDatabase): void {
    const opening = this.#opening;
    if (this.#isClosed || opening === undefined) return;
    void opening.then((current) => {
      if (current !== database || this.#opening !== opening) return;
      this.#opening = undefined;
      for (const listener of this.#listeners) listener();
    });
  }

  onLost(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    void this.#opening?.then(
      (database) => database.close(),
      () => undefined,
    );
  }

  async #open(): Promise<IDBDatabase> {
    try {
      const database = await openDatabase(this.#name, this.#factory);
      database.addEventListener("close", () => this.lost(database));
      // another tab is deleting the database: opening it again would create an empty one
      database.addEventListener("versionchange", () => {
        this.#isClosed = true;
        database.close();
      });
      return database;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}

function openDatabase(name: string, factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise<IDBDatabase>((resolve, reject) => {
    const opening = factory.open(name, 1);
    opening.addEventListener("upgradeneeded", () => {
      for (const store of stores) opening.result.createObjectStore(store);
    });
    opening.addEventListener("success", () => resolve(opening.result));
    opening.addEventListener("error", () => reject(storageError(opening.error)));
  });
}

/**
 * Runs `work` in one transaction; resolves with its result after the transaction completed. @throws Error if the database
 * is not the connection's any more
 */
export function inTransaction<Value>(
  connection: Connection,
  database: IDBDatabase,
  names: readonly StoreName[],
  mode: IDBTransactionMode,
  work: (transaction: IDBTransaction) => Promise<Value>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    let transaction: IDBTransaction;
    try {
      // a commit must survive a power failure
      transaction = database.transaction(names, mode, { durability: "strict" });
    } catch (error) {
      connection.lost(database);
      throw error;
    }
    let value: Value;
    let failure: unknown;
    transaction.addEventListener("complete", () => resolve(value));
    transaction.addEventListener("abort", () => reject(failure ?? storageError(transaction.error)));
    work(transaction).then(
      (result) => {
        value = result;
      },
      (error: unknown) => {
        failure = error;
        try {
          transaction.abort();
        } catch {
          reject(error);
        }
      },
    );
  });
}

export function storageError(error: DOMException | null): Error {
  return error ?? new Error("The browser's storage failed");
}
