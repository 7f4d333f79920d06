import { createHash } from "node:crypto";

/**
 * The periods and amplitudes of the smooth random curves whose sum is the random walk. The sum is a pure function of seed
 * and time, so nothing has to be stored across restarts.
 */
const octaves: readonly { readonly periodMs: number; readonly partsPerMillion: number }[] = [
  { periodMs: 6 * 3_600_000, partsPerMillion: 12_000 },
  { periodMs: 3_600_000, partsPerMillion: 5_000 },
  { periodMs: 10 * 60_000, partsPerMillion: 1_500 },
  { periodMs: 60_000, partsPerMillion: 400 },
  { periodMs: 10_000, partsPerMillion: 100 },
];

/** The price's deviation from its base, in parts per million; at most ±19,000. */
export function randomWalk(seed: string, atMs: number): number {
  return octaves.reduce(
    (total, { periodMs, partsPerMillion }) =>
      total + Math.round(curve(`${seed}:${periodMs}`, atMs / periodMs) * partsPerMillion),
    0,
  );
}

/** An amount shifted by parts per million, rounded down. */
export function shifted(amount: bigint, partsPerMillion: number): bigint {
  return (amount * BigInt(1_000_000 + partsPerMillion)) / 1_000_000n;
}

/** Random values from −1 to 1 at integer positions, interpolated smoothly. */
function curve(seed: string, position: number): number {
  const left = Math.floor(position);
  const share = position - left;
  const smooth = share * share * (3 - 2 * share);
  return valueAt(seed, left) * (1 - smooth) + valueAt(seed, left + 1) * smooth;
}

function valueAt(seed: string, index: number): number {
  const digest = createHash("sha256").update(`${seed}:${index}`).digest();
  return digest.readUInt32BE() / 0x7fff_ffff - 1;
}
