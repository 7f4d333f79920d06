/** Reads columns out of rows with their types checked: what the schema promises, or a bug. */
export type Row = Readonly<Record<string, unknown>>;

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`Column ${column} is no text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new TypeError(`Column ${column} is no integer`);
  }
  return value;
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

/** Hundredths of a shilling, signed: balances of accounts that may owe are below zero. */
export function signedCents(row: Row, column: string): bigint {
  return BigInt(integer(row, column));
}

export function flag(row: Row, column: string): boolean {
  return integer(row, column) !== 0;
}

/** One of a closed list of words that the schema's CHECK also knows. */
export function word<Word extends string>(row: Row, column: string, words: readonly Word[]): Word {
  const value = text(row, column);
  const found = words.find((one) => one === value);
  if (found === undefined) throw new TypeError(`Column ${column} holds an unknown word`);
  return found;
}
