/**
 * `text` as PostgreSQL can hold it: what others wrote (an invoice's description, a name at M-Pesa)
 * may have a NUL or half of a surrogate pair, and must not stop an order for that.
 */
export function storableText(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

/** `value` as JSON that PostgreSQL's `jsonb` takes, whatever strings are in it. */
export function jsonbText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "string" ? storableText(part) : part,
  );
}
