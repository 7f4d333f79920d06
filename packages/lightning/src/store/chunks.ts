import { equalBytes } from "../encoding/bytes.ts";

const minChunkBytes = 4 * 1024;
const maxChunkBytes = 64 * 1024;
/** A chunk ends where these 14 bits of the rolling hash are zero: on average 16 KiB after the minimum. */
const boundaryMask = 0xfffc_0000;

/** The gear hash's table. Changing it is safe, but causes one full rewrite of every stored state. */
const gear = makeGear();

/**
 * Content-defined chunking (FastCDC's gear hash): an insertion or removal changes the chunks around it and none after.
 * The core serializes the channel manager whole at each commit although little of it changes; only the changed chunks
 * have to be stored.
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
  const last = Math.min(start + maxChunkBytes, bytes.length);
  let hash = 0;
  for (let at = start + minChunkBytes; at < last; at++) {
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

/** Assigns chunks to numbered slots: unchanged chunks keep theirs, changed ones reuse slots that became free. */
export class ChunkTable {
  #chunks: { readonly slot: number; readonly bytes: Uint8Array }[] = [];

  /** Sets the stored chunks, in order. */
  load(chunks: readonly { readonly slot: number; readonly bytes: Uint8Array }[]): void {
    this.#chunks = [...chunks];
  }

  /** Replaces the content: returns the slots in order, the chunks to write, and the slots to delete. */
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
