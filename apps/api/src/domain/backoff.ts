/**
 * Exponential backoff in milliseconds: `minMs`, doubled at each attempt, at most `maxMs`. @param attempt counts from 1.
 */
export function backoff(minMs: number, maxMs: number, attempt: number): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(Math.max(0, attempt - 1), 30));
}
