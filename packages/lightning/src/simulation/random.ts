import type { EntropySource } from "../ports/entropy.ts";

/** A seeded random number generator (xoshiro128**, seeded by splitmix32). Not for secrets. */
export class Random implements EntropySource {
  readonly #state = new Uint32Array(4);

  constructor(seed: string | number) {
    let state = 0x811c9dc5;
    for (const unit of String(seed))
      state = Math.imul(state ^ (unit.codePointAt(0) ?? 0), 0x01000193);
    for (let at = 0; at < 4; at++) {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      this.#state[at] = mixed ^ (mixed >>> 15);
    }
  }

  /** An integer from 0 to 2^32 - 1. */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const c2 = c ^ a;
    const d2 = d ^ b;
    this.#state[1] = b ^ c2;
    this.#state[0] = a ^ d2;
    this.#state[2] = c2 ^ (b << 9);
    this.#state[3] = (d2 << 11) | (d2 >>> 21);
    return result;
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() >>> 24);
  }
}
