import { rowId } from "./segment.ts";
import type { BackupRow, DictionaryValue } from "./segment.ts";

/** Total size of a dictionary: a little less than deflate's window of 32 KiB. */
const maxBytes = 30 * 1024;
const minBytes = 64;
/** Versions kept of each row: a state often alternates, so the version before last may be the closest. */
const versions = 3;

/** Values from this run's level-0 segments that the next segment can use as its compression dictionary. */
export class DictionaryCache {
  readonly #byRow = new Map<string, readonly DictionaryValue[]>();
  readonly #lastOfTable = new Map<string, DictionaryValue>();

  remember(segment: number, rows: readonly BackupRow[]): void {
    for (const row of rows) {
      const { value } = row;
      if (value === undefined || value.length < minBytes || value.length > maxBytes) continue;
      const id = rowId(row);
      const entry = { segment, row: id, value };
      this.#byRow.set(id, [entry, ...(this.#byRow.get(id) ?? []).slice(0, versions - 1)]);
      this.#lastOfTable.set(row.table, entry);
    }
  }

  /** The values most similar to these rows. The most similar comes last, where deflate's back-references are shortest. */
  for(rows: readonly BackupRow[]): readonly DictionaryValue[] {
    const selected = new Set<DictionaryValue>();
    let size = 0;
    const select = (value: DictionaryValue | undefined): void => {
      if (value === undefined || selected.has(value) || size + value.value.length > maxBytes)
        return;
      size += value.value.length;
      selected.add(value);
    };
    const written = rows.filter(({ value }) => value !== undefined);
    for (const row of written) select(this.#byRow.get(rowId(row))?.[0]);
    for (const { table } of written) select(this.#lastOfTable.get(table));
    for (let version = 1; version < versions; version += 1)
      for (const row of written) select(this.#byRow.get(rowId(row))?.[version]);
    return [...selected].toReversed();
  }

  clear(): void {
    this.#byRow.clear();
    this.#lastOfTable.clear();
  }
}
