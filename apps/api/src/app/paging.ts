import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** A position in a list sorted by `createdAt`, then `id`, both descending. The next page starts after it. */
export type Position = { readonly createdAt: number; readonly id: string };

function encodeCursor({ createdAt, id }: Position): string {
  return Buffer.from(`${createdAt}.${id}`).toString("base64url");
}

/** Errors: `invalid_request`. */
export function decodeCursor(cursor: string): Result<Position, "invalid_request"> {
  const match = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(
    Buffer.from(cursor, "base64url").toString("utf8"),
  );
  const [, createdAt, id] = match ?? [];
  return createdAt === undefined || id === undefined
    ? err("invalid_request", "The cursor is invalid. Use nextCursor of the previous page.", "never")
    : ok({ createdAt: Number(createdAt), id });
}

/** Newest first; at the same time, the greater id first. */
export function newestFirst(left: Position, right: Position): number {
  if (left.createdAt !== right.createdAt) return right.createdAt - left.createdAt;
  return left.id < right.id ? 1 : left.id > right.id ? -1 : 0;
}

/** One page and the cursor of the next. @param entries up to `limit + 1` of them, to tell whether there is a next page. */
export function toPage<Entry>(
  entries: readonly Entry[],
  limit: number,
  positionOf: (entry: Entry) => Position,
): { readonly entries: readonly Entry[]; readonly nextCursor: string | null } {
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page,
    nextCursor:
      entries.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null,
  };
}
