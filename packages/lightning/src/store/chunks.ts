import { equalBytes } from "../encoding/bytes.ts";

const smallest = 4 * 1024;
const largest = 64 * 1024;
/** A boundary wherever 14 bits of the rolling hash are zero: 16 KiB on average beyond the smallest. */
const boundaryMask = 0xfffc_0000;

/** Random numbers for the rolling hash, fixed for ever: other numbers would only cost one full rewrite. */
const gear = makeGear();

/**
 * Cuts bytes where their content says so: what is inserted or removed changes the pieces around it, not those after.
 * The manager is written whole at each commit and changes little: only the changed pieces need to be stored.
 */
export function splitByContent(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = boundary(bytes, start);
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

function boundary(bytes: Uint8Array, start: number): number {
  const last = Math.min(start + largest, bytes.length);
  let hash = 0;
  for (let at = start + smallest; at < last; at++) {
    hash = ((hash << 1) + (gear[bytes[at] ?? 0] ?? 0)) | 0;
    if ((hash & boundaryMask) === 0) return at + 1;
  }
  return last;
}

function makeGear(): Int32Array {
  const numbers = new Int32Array(256);
  let state = 0x9e3779b9;
  for (let i = 0; i < 256; i++) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    numbers[i] = state;
  }
  return numbers;
}

/** Numbered places for pieces: unchanged pieces keep their place, changed ones take places that became free. */
export class ChunkTable {
  #chunks: { readonly slot: number; readonly bytes: Uint8Array }[] = [];

  /** Loads what is stored, in order. */
  load(chunks: readonly { readonly slot: number; readonly bytes: Uint8Array }[]): void {
    this.#chunks = [...chunks];
  }

  /** The places in order, which of them are new, and which are no longer used. */
  replace(bytes: Uint8Array): {
    readonly slots: readonly number[];
    readonly written: readonly { readonly slot: number; readonly bytes: Uint8Array }[];
    readonly freed: readonly number[];
  } {
    const old = new Map<number, { slot: number; bytes: Uint8Array }[]>();
    for (const chunk of this.#chunks) {
      const same = old.get(chunk.bytes.length);
      if (same === undefined) old.set(chunk.bytes.length, [chunk]);
      else same.push(chunk);
    }
    const kept = splitByContent(bytes).map((chunk) => {
      const candidates = old.get(chunk.length);
      const at = candidates?.findIndex((candidate) => equalBytes(candidate.bytes, chunk)) ?? -1;
      return { chunk, known: at < 0 ? undefined : candidates?.splice(at, 1)[0] };
    });
    const free = [...old.values()]
      .flat()
      .map(({ slot }) => slot)
      .toSorted((a, b) => a - b);
    let next = 1 + Math.max(-1, ...this.#chunks.map(({ slot }) => slot));
    const written: { slot: number; bytes: Uint8Array }[] = [];
    this.#chunks = kept.map(({ chunk, known }) => {
      if (known !== undefined) return known;
      const fresh = { slot: free.shift() ?? next++, bytes: chunk.slice() };
      written.push(fresh);
      return fresh;
    });
    return { slots: this.#chunks.map(({ slot }) => slot), written, freed: free };
  }
}
