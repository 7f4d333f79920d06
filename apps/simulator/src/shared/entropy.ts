import { createHash, randomBytes } from "node:crypto";

/** Where every id, PIN and die roll comes from. Passed in, so that a test can repeat a run exactly. */
export type Entropy = { readonly bytes: (count: number) => Uint8Array };

export const systemEntropy: Entropy = { bytes: (count) => randomBytes(count) };

/** The same bytes for the same seed, in the same order. For tests only: it is not secret. */
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

/** A whole number from 0 to `limit` − 1, each equally likely. */
export function randomBelow(entropy: Entropy, limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 2 ** 32) {
    throw new RangeError(`${limit} is no limit for a random number`);
  }
  const ceiling = 2 ** 32 - (2 ** 32 % limit);
  for (;;) {
    const drawn = Buffer.from(entropy.bytes(4)).readUInt32BE();
    if (drawn < ceiling) return drawn % limit;
  }
}

/** `length` characters of `alphabet`. */
export function randomText(entropy: Entropy, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomBelow(entropy, alphabet.length))).join(
    "",
  );
}
