/** A source of random bytes: the system's generator in production, seeded in simulations. */
export interface EntropySource {
  /** Returns fresh random bytes. */
  bytes(length: number): Uint8Array;
}

/** The system's generator (Web Crypto: Node.js and browsers). */
export const systemEntropy: EntropySource = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
