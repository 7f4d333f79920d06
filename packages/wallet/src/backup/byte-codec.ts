import { ByteReader, ByteWriter } from "@satsconnect/lightning";

/** The backup's content is malformed, was changed, or was encrypted under another seed. */
export class BackupDamaged extends Error {
  override readonly name = "BackupDamaged";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Writes numbers as variable-length integers, and bytes and strings with a length prefix. */
export class Writer {
  readonly #output = new ByteWriter();

  /** An integer from 0 to 2^53 - 1 in LEB128: seven bits per byte, least significant first. */
  number(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.#output.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#output.u8(rest);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#output.raw(bytes);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.number(bytes.length).raw(bytes);
  }

  text(text: string): this {
    return this.bytes(encoder.encode(text));
  }

  /** The bytes written; empties the writer. */
  finish(): Uint8Array {
    return this.#output.take();
  }
}

/** Reads what a Writer wrote. @throws BackupDamaged */
export class Reader {
  readonly #input: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#input = new ByteReader(bytes);
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      if (scale > 2 ** 49) throw new BackupDamaged("a number is not terminated");
      const byte = this.#read(() => this.#input.u8());
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** A copy of the next bytes. */
  raw(length: number): Uint8Array {
    return this.#read(() => this.#input.raw(length).slice());
  }

  bytes(): Uint8Array {
    return this.raw(this.number());
  }

  text(): string {
    const bytes = this.bytes();
    try {
      return decoder.decode(bytes);
    } catch {
      throw new BackupDamaged("a string is not valid UTF-8");
    }
  }

  rest(): Uint8Array {
    return this.#read(() => this.#input.rest().slice());
  }

  #read<Value>(read: () => Value): Value {
    try {
      return read();
    } catch (error) {
      if (error instanceof RangeError) throw new BackupDamaged("bytes are missing");
      throw error;
    }
  }
}
