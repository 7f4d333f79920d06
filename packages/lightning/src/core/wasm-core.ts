import { utf8ToBytes } from "@noble/hashes/utils.js";
import { utf8ToText } from "../encoding/bytes.ts";
import { CoreCrashed, CoreRefused } from "./core.ts";
import type { CoreInstance, LightningCore } from "./core.ts";
import type { Config } from "./generated/index.ts";

/** The exports of `crates/lightning-core-wasm`. Pointers above 2 GiB come as negative numbers. */
type Exports = {
  readonly memory: WebAssembly.Memory;
  readonly core_start: () => void;
  readonly core_alloc: (length: number) => number;
  readonly core_free: (pointer: number, length: number) => void;
  readonly core_create: (...pointersAndLengths: number[]) => number;
  readonly core_reason: () => bigint;
  readonly core_id: (handle: number) => bigint;
  readonly core_drop: (handle: number) => void;
  readonly core_exchange: (handle: number, frames: number, length: number) => bigint;
  readonly core_decode: (text: number, length: number) => bigint;
  readonly core_version: () => bigint;
};

const functions = [
  "core_start",
  "core_alloc",
  "core_free",
  "core_create",
  "core_reason",
  "core_id",
  "core_drop",
  "core_exchange",
  "core_decode",
  "core_version",
] as const;

/**
 * Loads the core's WebAssembly from its bytes, from a URL (compiled while it downloads), or from a compiled module.
 * Works in Node.js, workers and pages; a page's CSP must allow `wasm-unsafe-eval`.
 */
export async function loadWasmCore(
  source: Uint8Array<ArrayBuffer> | URL | string | WebAssembly.Module,
): Promise<LightningCore> {
  const module = await compile(source);
  // an instance of its own for decoding, so that a node's trap does not affect it
  let decoder = await WasmInstance.start(module);
  const version = JSON.parse(decoder.version()) as LightningCore["version"];
  return {
    kind: "wasm",
    version,
    async create(config, seed, entropy, state) {
      // one instance per node: a trap ends that node only
      const instance = await WasmInstance.start(module);
      return instance.node(config, seed, entropy, state);
    },
    decode(text) {
      try {
        return JSON.parse(decoder.decode(text)) as ReturnType<LightningCore["decode"]>;
      } catch (error) {
        decoder = WasmInstance.startNow(module);
        throw error;
      }
    },
  };
}

function compile(
  source: Uint8Array<ArrayBuffer> | URL | string | WebAssembly.Module,
): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return Promise.resolve(source);
  return source instanceof URL || typeof source === "string"
    ? WebAssembly.compileStreaming(fetch(source))
    : WebAssembly.compile(source);
}

class WasmInstance {
  readonly #exports: Exports;
  readonly #panic: { message: string };

  private constructor(exports: WebAssembly.Exports, panic: { message: string }) {
    this.#exports = checked(exports);
    this.#panic = panic;
    this.#exports.core_start();
  }

  static async start(module: WebAssembly.Module): Promise<WasmInstance> {
    const { imports, panic, ready } = wasmImports();
    const instance = await WebAssembly.instantiate(module, imports);
    ready(instance.exports);
    return new WasmInstance(instance.exports, panic);
  }

  static startNow(module: WebAssembly.Module): WasmInstance {
    const { imports, panic, ready } = wasmImports();
    const instance = new WebAssembly.Instance(module, imports);
    ready(instance.exports);
    return new WasmInstance(instance.exports, panic);
  }

  version(): string {
    return utf8ToText(this.#call(() => this.#exports.core_version()));
  }

  decode(text: string): string {
    return utf8ToText(
      this.#withCopies([utf8ToBytes(text)], ([pointer = 0, length = 0]) =>
        this.#call(() => this.#exports.core_decode(pointer, length)),
      ),
    );
  }

  node(config: Config, seed: Uint8Array, entropy: Uint8Array, state: Uint8Array): CoreInstance {
    const parts = [utf8ToBytes(JSON.stringify(config)), seed, entropy, state];
    const handle = this.#withCopies(parts, (copies) =>
      this.#guard(() => this.#exports.core_create(...copies)),
    );
    if (handle < 0)
      throw new CoreRefused(utf8ToText(this.#call(() => this.#exports.core_reason())));
    const nodeId = this.#call(() => this.#exports.core_id(handle));
    return {
      nodeId,
      exchange: (frames) =>
        this.#withCopies([frames], ([pointer = 0, length = 0]) =>
          this.#call(() => this.#exports.core_exchange(handle, pointer, length)),
        ),
      memoryBytes: () => this.#exports.memory.buffer.byteLength,
      drop: () => this.#guard(() => this.#exports.core_drop(handle)),
    };
  }

  /** Copies bytes into the instance for one call and frees them afterwards. The core itself wipes seed and entropy. */
  #withCopies<Value>(
    parts: readonly Uint8Array[],
    use: (pointersAndLengths: number[]) => Value,
  ): Value {
    const copies: number[] = [];
    for (const part of parts) {
      const pointer = this.#guard(() => this.#exports.core_alloc(part.length)) >>> 0;
      if (pointer === 0) throw new CoreCrashed("the core is out of memory");
      new Uint8Array(this.#exports.memory.buffer, pointer, part.length).set(part);
      copies.push(pointer, part.length);
    }
    const value = use(copies);
    for (let at = 0; at < copies.length; at += 2) {
      this.#guard(() => this.#exports.core_free(copies[at] ?? 0, copies[at + 1] ?? 0));
    }
    return value;
  }

  /** Makes a call that returns `pointer << 32 | length`, and copies and frees the result. */
  #call(work: () => bigint): Uint8Array {
    const result = BigInt.asUintN(64, this.#guard(work));
    const pointer = Number(result >> 32n);
    const length = Number(result & 0xffff_ffffn);
    if (length === 0) return new Uint8Array();
    // the call may have grown the memory, which detaches earlier views
    const bytes = new Uint8Array(this.#exports.memory.buffer, pointer, length).slice();
    this.#guard(() => this.#exports.core_free(pointer, length));
    return bytes;
  }

  #guard<Value>(work: () => Value): Value {
    try {
      return work();
    } catch (error) {
      const trap = error instanceof Error ? error.message : "trap";
      throw new CoreCrashed(this.#panic.message === "" ? trap : this.#panic.message, {
        cause: error,
      });
    }
  }
}

function wasmImports() {
  const panic = { message: "" };
  let memory: WebAssembly.Memory | undefined;
  const imports: WebAssembly.Imports = {
    env: {
      panicked: (pointer: number, length: number) => {
        if (memory === undefined) return;
        panic.message = new TextDecoder().decode(
          new Uint8Array(memory.buffer, pointer >>> 0, length),
        );
      },
    },
  };
  const ready = (exports: WebAssembly.Exports): void => {
    if (exports["memory"] instanceof WebAssembly.Memory) memory = exports["memory"];
  };
  return { imports, panic, ready };
}

function checked(exports: WebAssembly.Exports): Exports {
  if (!(exports["memory"] instanceof WebAssembly.Memory))
    throw new CoreRefused("not a lightning core: it exports no memory");
  for (const name of functions) {
    if (typeof exports[name] !== "function")
      throw new CoreRefused(`not a lightning core: it exports no ${name}`);
  }
  return exports as unknown as Exports;
}
