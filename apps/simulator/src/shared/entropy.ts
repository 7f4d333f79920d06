import { createHash, randomBytes } from "node:crypto";

/** The source of all ids, PINs and random decisions. Injected, so that tests are reproducible. */
export type Entropy = { readonly bytes: (count: number) => Uint8Array };

export const systemEntropy: Entropy = { bytes: (count) => randomBytes(count) };

/** Produces the same byte sequence for the same seed. For tests only: it is predictable. */
export function seededEntropy(seed: string): Entropy {
  let counter = 0;
  return {
    bytes(count) {
      const bytes = new Uint8Array(count);
      for (let offset = 0; offset < count; offset += 32) {
        const block = createHash("sha256").update(`${seed}:${counter}`).digest();
        counter += 1;
        bytes.set(block.subarray(0, Math.min(32, count - offset)), offset);
      }
      return bytes;
    },
  };
}

/** A uniformly distributed integer from 0 to `limit` − 1. */
export function randomBelow(entropy: Entropy, limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 2 ** 32) {
    throw new RangeError(`${limit} is not a valid limit for a random number`);
  }
  const exclusiveMax = 2 ** 32 - (2 ** 32 % limit);
  for (;;) {
    const drawn = Buffer.from(entropy.bytes(4)).readUInt32BE();
    if (drawn < exclusiveMax) return drawn % limit;
  }
}

/** `length` random characters of `alphabet`. */
export function randomText(entropy: Entropy, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomBelow(entropy, alphabet.length))).join(
    "",
  );
}
