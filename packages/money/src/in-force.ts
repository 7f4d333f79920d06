/**
 * The entry in force at a time: the one with the latest `effectiveFrom` that is not after `atMs`, in any list order.
 * @throws RangeError when no entry is in force yet: the list is wrong.
 */
export function inForce<Entry extends { readonly effectiveFrom: number }>(
  entries: readonly Entry[],
  atMs: number,
): Entry {
  let current: Entry | undefined;
  for (const entry of entries) {
    if (entry.effectiveFrom > atMs) continue;
    if (current === undefined || entry.effectiveFrom > current.effectiveFrom) current = entry;
  }
  if (current === undefined)
    throw new RangeError(`No entry is in force at ${new Date(atMs).toISOString()}`);
  return current;
}
