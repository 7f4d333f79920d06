import { utf8ToBytes } from "@noble/hashes/utils.js";
import { utf8ToText } from "./bytes.ts";

/** Writes little-endian integers and bytes into one growing buffer: the core's frames, Bitcoin's structures. */
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

  /** An integer from 0 up to 2^53 - 1. */
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

  /** The length as a u32, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  text(text: string): this {
    return this.bytes(utf8ToBytes(text));
  }

  /** One frame: tag, length, and whatever `write` writes as the payload. */
  frame(tag: number, write?: (writer: this) => void): this {
    this.u8(tag).u32(0);
    const start = this.#length;
    write?.(this);
    this.#view.setUint32(start - 4, this.#length - start, true);
    return this;
  }

  /** The bytes written so far, not copied: valid until the next write. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A copy of the bytes written so far; empties the writer. */
  take(): Uint8Array {
    const taken = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Empties the writer. */
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

/** Reads little-endian integers and bytes. Every read throws RangeError when the input ends too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
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

  /** @throws RangeError above 2^53 - 1. */
  u64(): number {
    const at = this.#advance(8);
    const value =
      this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
    if (!Number.isSafeInteger(value)) throw new RangeError("number out of range");
    return value;
  }

  /** A view of the next bytes, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Bitcoin's variable-length integer. @throws RangeError above 2^53 - 1. */
  compactSize(): number {
    const first = this.u8();
    if (first < 0xfd) return first;
    if (first === 0xfd) return this.#view.getUint16(this.#advance(2), true);
    return first === 0xfe ? this.u32() : this.u64();
  }

  /** A u32 length and that many bytes: a view, not a copy. */
  bytes(): Uint8Array {
    return this.raw(this.u32());
  }

  text(): string {
    return utf8ToText(this.bytes());
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
