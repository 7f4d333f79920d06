/** Percentile by nearest rank; `share` is between 0 and 1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  const value = sorted[rank - 1];
  if (value === undefined) throw new Error("No values were measured");
  return value;
}

/** Rounds to three significant figures; the measurements are not more precise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
