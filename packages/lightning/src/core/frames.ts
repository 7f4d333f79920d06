import { fromUtf8, utf8 } from "./bytes.ts";

/** Tags of frames into the core; the layouts are in `crates/lightning-core/README.md`. */
export const inputTag = {
  now: 1,
  fees: 2,
  connectedOut: 3,
  connectedIn: 4,
  read: 5,
  disconnected: 6,
  acknowledge: 8,
  tick: 9,
  command: 10,
  unconfirmed: 12,
  confirmed: 13,
  tip: 14,
  fullBlock: 15,
  disconnectTo: 16,
  mempool: 17,
  evicted: 18,
} as const;

/** Tags of frames out of the core. */
export const outputTag = {
  bytes: 1,
  close: 2,
  event: 3,
  transactions: 4,
  log: 5,
  commit: 6,
  result: 7,
  again: 8,
  watch: 9,
  snapshot: 10,
  rejected: 11,
} as const;

/** Writes little-endian integers and bytes into one growing buffer. */
export class ByteWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 1024) {
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  /** A whole number up to 2^53. */
  u64(value: number): this {
    this.#reserve(8);
    this.#view.setUint32(this.#length, value % 0x1_0000_0000, true);
    this.#view.setUint32(this.#length + 4, Math.floor(value / 0x1_0000_0000), true);
    this.#length += 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A length and as many bytes. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  text(text: string): this {
    return this.bytes(utf8(text));
  }

  /** One frame: its tag, its length, what `write` writes. */
  frame(tag: number, write?: (writer: this) => void): this {
    this.u8(tag).u32(0);
    const start = this.#length;
    write?.(this);
    this.#view.setUint32(start - 4, this.#length - start, true);
    return this;
  }

  /** What was written, without copying: valid until the next write. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** What was written, the caller's own; the writer starts over. */
  take(): Uint8Array {
    const taken = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Starts over. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    grown.set(this.view());
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what a ByteWriter or the core wrote. @throws RangeError when it ends too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** @throws RangeError beyond 2^53. */
  u64(): number {
    const at = this.#advance(8);
    const value =
      this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
    if (!Number.isSafeInteger(value)) throw new RangeError("number out of range");
    return value;
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  bytes(): Uint8Array {
    return this.raw(this.u32());
  }

  text(): string {
    return fromUtf8(this.bytes());
  }

  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at);
  }

  #advance(by: number): number {
    const at = this.#at;
    if (at + by > this.#bytes.length) throw new RangeError("input ends too early");
    this.#at += by;
    return at;
  }
}
