/**
 * Replaces what PostgreSQL's `text` cannot hold: NUL and lone surrogates. Text from outside, such as an invoice's
 * description or a name from M-Pesa, may contain them and must not block an order.
 */
export function storableText(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
