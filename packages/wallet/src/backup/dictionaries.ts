import { rowId } from "./segment.ts";
import type { Base, BackupRow } from "./segment.ts";

/** What deflate looks back at, but for what is being written. */
const mostBytes = 30 * 1024;
const leastBytes = 64;
/** A state goes forth and back: what it was two writes ago is often nearer to it than what it was one ago. */
const versions = 3;

/** Values of the loose segments of this run, to which the next segment may refer. */
export class Bases {
  readonly #ofRow = new Map<string, readonly Base[]>();
  readonly #lastOfTable = new Map<string, Base>();

  remember(segment: number, rows: readonly BackupRow[]): void {
    for (const row of rows) {
      const { value } = row;
      if (value === undefined || value.length < leastBytes || value.length > mostBytes) continue;
      const id = rowId(row);
      const base = { segment, row: id, value };
      this.#ofRow.set(id, [base, ...(this.#ofRow.get(id) ?? []).slice(0, versions - 1)]);
      this.#lastOfTable.set(row.table, base);
    }
  }

  /** What is most like these rows; the nearest last, where deflate finds it with the least effort. */
  for(rows: readonly BackupRow[]): readonly Base[] {
    const wanted = new Set<Base>();
    let size = 0;
    const want = (base: Base | undefined): void => {
      if (base === undefined || wanted.has(base) || size + base.value.length > mostBytes) return;
      size += base.value.length;
      wanted.add(base);
    };
    const written = rows.filter(({ value }) => value !== undefined);
    for (const row of written) want(this.#ofRow.get(rowId(row))?.[0]);
    for (const { table } of written) want(this.#lastOfTable.get(table));
    for (let version = 1; version < versions; version += 1)
      for (const row of written) want(this.#ofRow.get(rowId(row))?.[version]);
    return [...wanted].toReversed();
  }

  clear(): void {
    this.#ofRow.clear();
    this.#lastOfTable.clear();
  }
}
