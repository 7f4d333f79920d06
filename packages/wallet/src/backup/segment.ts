import { deflateSync, inflateSync } from "fflate";
import { BackupDamaged, Reader, Writer } from "./byte-codec.ts";

/** Size of deflate's window. */
const windowBytes = 32 * 1024;
/** Limit for a decompressed segment: far more than any wallet needs, and safe to allocate. */
const maxBytes = 64 * 1024 * 1024;

/** A row as the backup stores it. `value` undefined: the row was deleted. */
export type BackupRow = {
  readonly table: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
};

export function rowId(row: { readonly table: string; readonly key: string }): string {
  return `${row.table}\n${row.key}`;
}

/** Rows by id. */
export type Rows = Map<string, BackupRow>;

/** A value in an earlier segment that is part of a later one's compression dictionary. */
export type DictionaryValue = {
  readonly segment: number;
  readonly row: string;
  readonly value: Uint8Array;
};

/** Returns the value of a row in an earlier segment. */
export type DictionaryLookup = (segment: number, row: string) => Uint8Array | undefined;

/**
 * Encodes rows and compresses them with values of earlier segments as dictionary. A state that is written repeatedly
 * with small changes takes a few hundred bytes each time.
 */
export function encodeSegment(
  rows: readonly BackupRow[],
  dictionaryValues: readonly DictionaryValue[],
): Uint8Array {
  const body = new Writer().number(rows.length);
  for (const row of rows) {
    body
      .text(row.table)
      .text(row.key)
      .number(row.value === undefined ? 0 : 1);
    if (row.value !== undefined) body.bytes(row.value);
  }
  const header = new Writer().number(dictionaryValues.length);
  for (const { segment, row } of dictionaryValues) header.number(segment).text(row);
  const dictionary = dictionaryOf(dictionaryValues.map(({ value }) => value));
  const compressed = deflateSync(body.finish(), {
    level: 9,
    ...(dictionary === undefined ? {} : { dictionary }),
  });
  return header.raw(compressed).finish();
}

/** Decodes a segment. @throws BackupDamaged */
export function decodeSegment(bytes: Uint8Array, lookUp: DictionaryLookup): readonly BackupRow[] {
  const reader = new Reader(bytes);
  const dictionaryValues: Uint8Array[] = [];
  const count = reader.number();
  for (let index = 0; index < count; index += 1) {
    const value = lookUp(reader.number(), reader.text());
    if (value === undefined) throw new BackupDamaged("a segment refers to a missing segment");
    dictionaryValues.push(value);
  }
  const body = new Reader(inflate(reader.rest(), dictionaryOf(dictionaryValues)));
  const rows: BackupRow[] = [];
  const rowCount = body.number();
  for (let index = 0; index < rowCount; index += 1) {
    const table = body.text();
    const key = body.text();
    const value = body.number() === 1 ? body.bytes() : undefined;
    rows.push({ table, key, value });
  }
  return rows;
}

function dictionaryOf(dictionaryValues: readonly Uint8Array[]): Uint8Array | undefined {
  if (dictionaryValues.length === 0) return undefined;
  const all = new Writer();
  for (const value of dictionaryValues) all.raw(value);
  return all.finish().slice(-windowBytes);
}

function inflate(bytes: Uint8Array, dictionary: Uint8Array | undefined): Uint8Array {
  try {
    const inflated = inflateSync(bytes, dictionary === undefined ? {} : { dictionary });
    if (inflated.length > maxBytes) throw new BackupDamaged("a segment is too large");
    return inflated;
  } catch (error) {
    if (error instanceof BackupDamaged) throw error;
    throw new BackupDamaged("a segment cannot be decompressed");
  }
}

/** Applies later rows over earlier ones. */
export function replay(rows: Rows, later: Iterable<BackupRow>): void {
  for (const row of later) rows.set(rowId(row), row);
}
