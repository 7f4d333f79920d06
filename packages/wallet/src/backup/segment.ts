import { deflateSync, inflateSync } from "fflate";
import { BackupDamaged, Reader, Writer } from "./byte-codec.ts";

/** Deflate looks back so far. */
const windowBytes = 32 * 1024;
/** A whole segment, opened: far more than a wallet has, far less than what hurts. */
const largestBytes = 64 * 1024 * 1024;

/** A row as a backup has it. `value` undefined: deleted since. */
export type BackupRow = {
  readonly table: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
};

export function rowId(row: { readonly table: string; readonly key: string }): string {
  return `${row.table}\n${row.key}`;
}

/** Rows by their ids. */
export type Rows = Map<string, BackupRow>;

/** A value of an earlier segment, which a later one is like. */
export type Base = { readonly segment: number; readonly row: string; readonly value: Uint8Array };

/** The value of a row in an earlier segment. */
export type BaseLookup = (segment: number, row: string) => Uint8Array | undefined;

/**
 * Rows as bytes, compressed with what earlier segments hold as dictionary: a state that is written again and again,
 * a little changed, becomes a few hundred bytes.
 */
export function encodeSegment(rows: readonly BackupRow[], bases: readonly Base[]): Uint8Array {
  const body = new Writer().number(rows.length);
  for (const row of rows) {
    body
      .text(row.table)
      .text(row.key)
      .number(row.value === undefined ? 0 : 1);
    if (row.value !== undefined) body.bytes(row.value);
  }
  const header = new Writer().number(bases.length);
  for (const { segment, row } of bases) header.number(segment).text(row);
  const dictionary = dictionaryOf(bases.map(({ value }) => value));
  const compressed = deflateSync(body.finish(), {
    level: 9,
    ...(dictionary === undefined ? {} : { dictionary }),
  });
  return header.raw(compressed).finish();
}

/** The rows of a segment. @throws BackupDamaged */
export function decodeSegment(bytes: Uint8Array, lookUp: BaseLookup): readonly BackupRow[] {
  const reader = new Reader(bytes);
  const bases: Uint8Array[] = [];
  const count = reader.number();
  for (let place = 0; place < count; place += 1) {
    const value = lookUp(reader.number(), reader.text());
    if (value === undefined)
      throw new BackupDamaged("a part of the backup needs one that is not there");
    bases.push(value);
  }
  const body = new Reader(inflate(reader.rest(), dictionaryOf(bases)));
  const rows: BackupRow[] = [];
  const rowCount = body.number();
  for (let place = 0; place < rowCount; place += 1) {
    const table = body.text();
    const key = body.text();
    const value = body.number() === 1 ? body.bytes() : undefined;
    rows.push({ table, key, value });
  }
  return rows;
}

function dictionaryOf(bases: readonly Uint8Array[]): Uint8Array | undefined {
  if (bases.length === 0) return undefined;
  const all = new Writer();
  for (const base of bases) all.raw(base);
  return all.finish().slice(-windowBytes);
}

function inflate(bytes: Uint8Array, dictionary: Uint8Array | undefined): Uint8Array {
  try {
    const opened = inflateSync(bytes, dictionary === undefined ? {} : { dictionary });
    if (opened.length > largestBytes) throw new BackupDamaged("a part of the backup is too large");
    return opened;
  } catch (error) {
    if (error instanceof BackupDamaged) throw error;
    throw new BackupDamaged("a part of the backup cannot be read");
  }
}

/** Rows over rows: the later ones count. */
export function replay(rows: Rows, later: Iterable<BackupRow>): void {
  for (const row of later) rows.set(rowId(row), row);
}
