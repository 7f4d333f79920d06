/** A row. The functions below read one column. They throw TypeError if its value is not of the expected type. */
export type Row = Readonly<Record<string, unknown>>;

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`Column ${column} is not text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new TypeError(`Column ${column} is not an integer`);
  }
  return value;
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

/** Signed cents: some accounts may have a negative balance. */
export function signedCents(row: Row, column: string): bigint {
  return BigInt(integer(row, column));
}

export function flag(row: Row, column: string): boolean {
  return integer(row, column) !== 0;
}

/** One of the values of an enumeration, which the schema's CHECK also enforces. */
export function word<Word extends string>(row: Row, column: string, words: readonly Word[]): Word {
  const value = text(row, column);
  const found = words.find((known) => known === value);
  if (found === undefined) throw new TypeError(`Column ${column} has an unknown value`);
  return found;
}
