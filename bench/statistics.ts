/** The value that a share of the values do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  const value = sorted[rank - 1];
  if (value === undefined) throw new Error("Nothing was measured");
  return value;
}

/** Three significant figures: more would pretend. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
