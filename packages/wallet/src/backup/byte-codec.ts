/** The backup's content is malformed, was changed, or was encrypted under another seed. */
export class BackupDamaged extends Error {
  override readonly name = "BackupDamaged";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Writes numbers as variable-length integers, and bytes and strings with a length prefix. */
export class Writer {
  #buffer = new Uint8Array(1024);
  #length = 0;

  /** An integer from 0 to 2^53 - 1 in LEB128: seven bits per byte, least significant first. */
  number(value: number): this {
    let rest = value;
    this.#reserve(8);
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.number(bytes.length).raw(bytes);
  }

  text(text: string): this {
    return this.bytes(encoder.encode(text));
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** Reads what a Writer wrote. @throws BackupDamaged */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || scale > 2 ** 49)
        throw new BackupDamaged("a number is not terminated");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new BackupDamaged("bytes are missing");
    const bytes = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return bytes;
  }

  bytes(): Uint8Array {
    return this.raw(this.number());
  }

  text(): string {
    try {
      return decoder.decode(this.bytes());
    } catch (error) {
      if (error instanceof BackupDamaged) throw error;
      throw new BackupDamaged("a string is not valid UTF-8");
    }
  }

  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at);
  }
}
