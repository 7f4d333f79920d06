/** Random bytes, passed in: the system's generator in production, seeded in simulation. */
export interface EntropySource {
  /** Fresh bytes, never the same twice. */
  bytes(length: number): Uint8Array;
}

/** The system's generator (Web Crypto: Node.js and browsers). */
export const systemEntropy: EntropySource = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
