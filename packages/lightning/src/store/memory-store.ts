import { compareText } from "../encoding/bytes.ts";
import { WriterFenced } from "../ports/commit-store.ts";
import type { CommitStore, Row, StoredEvent } from "../ports/commit-store.ts";

/** The storage behind memory stores. Several stores over one medium act like several processes over one database. */
export class MemoryMedium {
  readonly tables = new Map<string, Map<string, Uint8Array>>();
  readonly events: StoredEvent[] = [];
  commitNumber = 0;
  lastSequence = 0;
  writer = 0;

  /** An independent copy of the committed state. */
  clone(): MemoryMedium {
    const copy = new MemoryMedium();
    for (const [name, rows] of this.tables) copy.tables.set(name, new Map(rows));
    copy.events.push(...this.events);
    copy.commitNumber = this.commitNumber;
    copy.lastSequence = this.lastSequence;
    copy.writer = this.writer;
    return copy;
  }
}

/** A store in memory, for tests and simulations. The state lives as long as its medium. */
export function memoryStore(medium: MemoryMedium = new MemoryMedium()): CommitStore {
  let writer: number | undefined;
  const table = (name: string): Map<string, Uint8Array> => {
    const rows = medium.tables.get(name) ?? new Map<string, Uint8Array>();
    medium.tables.set(name, rows);
    return rows;
  };
  const mustBeWriter = (): void => {
    if (writer === undefined) throw new Error("the store is not open");
    if (writer !== medium.writer) throw new WriterFenced("another writer has taken over");
  };
  return {
    kind: "memory",
    async open() {
      writer = ++medium.writer;
      return { commitNumber: medium.commitNumber, lastSequence: medium.lastSequence };
    },
    async commit(write) {
      mustBeWriter();
      if (write.number !== medium.commitNumber + 1) {
        throw new WriterFenced(`commit ${write.number} does not follow ${medium.commitNumber}`);
      }
      if (write.events.some((event, at) => event.sequence !== medium.lastSequence + 1 + at)) {
        throw new Error("event sequences must be consecutive");
      }
      for (const row of write.rows) {
        if (row.value === undefined) table(row.table).delete(row.key);
        else table(row.table).set(row.key, row.value.slice());
      }
      for (const event of write.events) {
        medium.lastSequence = event.sequence;
        medium.events.push({ sequence: event.sequence, value: event.value.slice() });
      }
      const through = write.forgetEventsThrough;
      while (through !== undefined && (medium.events[0]?.sequence ?? Infinity) <= through) {
        medium.events.shift();
      }
      medium.commitNumber = write.number;
    },
    async read(name, key) {
      return table(name).get(key)?.slice();
    },
    async list(name, range = {}) {
      const { prefix = "", after, descending = false, limit } = range;
      const rows: Row[] = [];
      for (const [key, value] of table(name)) {
        if (!key.startsWith(prefix)) continue;
        if (after !== undefined && (descending ? key >= after : key <= after)) continue;
        rows.push({ key, value: value.slice() });
      }
      rows.sort((a, b) => (descending ? compareText(b.key, a.key) : compareText(a.key, b.key)));
      return limit === undefined ? rows : rows.slice(0, limit);
    },
    async events(afterSequence, limit) {
      return medium.events.filter((event) => event.sequence > afterSequence).slice(0, limit);
    },
    async close() {
      writer = undefined;
    },
  };
}
