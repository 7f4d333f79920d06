import { equalBytes } from "../core/bytes.ts";

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
export function cutByContent(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = boundary(bytes, start);
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
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
export class PieceTable {
  #pieces: { readonly place: number; readonly bytes: Uint8Array }[] = [];

  /** Loads what is stored, in order. */
  load(pieces: readonly { readonly place: number; readonly bytes: Uint8Array }[]): void {
    this.#pieces = [...pieces];
  }

  /** The places in order, which of them are new, and which are no longer used. */
  replace(bytes: Uint8Array): {
    readonly places: readonly number[];
    readonly written: readonly { readonly place: number; readonly bytes: Uint8Array }[];
    readonly freed: readonly number[];
  } {
    const old = new Map<number, { place: number; bytes: Uint8Array }[]>();
    for (const piece of this.#pieces) {
      const same = old.get(piece.bytes.length);
      if (same === undefined) old.set(piece.bytes.length, [piece]);
      else same.push(piece);
    }
    const kept = cutByContent(bytes).map((piece) => {
      const candidates = old.get(piece.length);
      const at = candidates?.findIndex((candidate) => equalBytes(candidate.bytes, piece)) ?? -1;
      return { piece, known: at < 0 ? undefined : candidates?.splice(at, 1)[0] };
    });
    const free = [...old.values()]
      .flat()
      .map(({ place }) => place)
      .toSorted((a, b) => a - b);
    let next = 1 + Math.max(-1, ...this.#pieces.map(({ place }) => place));
    const written: { place: number; bytes: Uint8Array }[] = [];
    this.#pieces = kept.map(({ piece, known }) => {
      if (known !== undefined) return known;
      const fresh = { place: free.shift() ?? next++, bytes: piece.slice() };
      written.push(fresh);
      return fresh;
    });
    return { places: this.#pieces.map(({ place }) => place), written, freed: free };
  }
}
