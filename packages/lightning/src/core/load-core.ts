import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { CoreCrashed, CoreRefused } from "./core.ts";
import type { LightningCore } from "./core.ts";
import { loadWasmCore } from "./wasm-core.ts";

/** Where `npm run core:build` and `npm run core:addon` write the core. */
const wasmFile = new URL("../../core/lightning-core.wasm", import.meta.url);
const addonFile = new URL(
  `../../core/lightning-core.${process.platform}-${process.arch}.node`,
  import.meta.url,
);

/** The exports of `crates/lightning-core-node`. */
type Addon = {
  readonly create: (
    config: Uint8Array,
    seed: Uint8Array,
    entropy: Uint8Array,
    state: Uint8Array,
  ) => number;
  readonly id: (handle: number) => ArrayBuffer;
  readonly dropNode: (handle: number) => void;
  readonly exchange: (handle: number, frames: Uint8Array) => ArrayBuffer;
  readonly decode: (text: string) => string;
  readonly version: () => string;
};

/**
 * Loads the core in Node.js. With `prefer: "addon"` it loads the native addon, about twice as fast, and falls back to
 * WebAssembly where `npm run core:addon` has not been run. The result's `kind` says which one was loaded.
 * @throws CoreRefused when no build was found.
 */
export async function loadCore(options: {
  readonly prefer: "addon" | "wasm";
  /** Files to load instead of the built ones, for testing other builds. */
  readonly files?: { readonly wasm?: string | URL; readonly addon?: string | URL };
}): Promise<LightningCore> {
  const { addon = addonFile, wasm = wasmFile } = options.files ?? {};
  if (options.prefer === "addon") {
    const loaded = loadAddon(addon instanceof URL ? fileURLToPath(addon) : addon);
    if (loaded !== undefined) return loaded;
  }
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readFile(wasm);
  } catch (error) {
    throw new CoreRefused("the core has not been built: run npm run core:build", { cause: error });
  }
  return loadWasmCore(bytes);
}

/** Undefined when the addon has not been built for this platform. */
function loadAddon(file: string): LightningCore | undefined {
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(file) as Addon;
  } catch {
    return undefined;
  }
  return {
    kind: "addon",
    version: JSON.parse(addon.version()) as LightningCore["version"],
    async create(config, seed, entropy, state) {
      let handle: number;
      try {
        // the addon wipes seed and entropy: pass copies
        handle = addon.create(
          Buffer.from(utf8ToBytes(JSON.stringify(config))),
          Uint8Array.from(seed),
          Uint8Array.from(entropy),
          asBuffer(state),
        );
      } catch (error) {
        const message = error instanceof Error ? error.message : "unknown";
        throw message.startsWith("the core panicked")
          ? new CoreCrashed(message, { cause: error })
          : new CoreRefused(message, { cause: error });
      }
      return {
        nodeId: new Uint8Array(addon.id(handle)),
        exchange(frames) {
          try {
            return new Uint8Array(addon.exchange(handle, asBuffer(frames)));
          } catch (error) {
            throw new CoreCrashed(error instanceof Error ? error.message : "unknown", {
              cause: error,
            });
          }
        },
        memoryBytes: () => 0,
        drop: () => addon.dropNode(handle),
      };
    },
    decode: (text) => JSON.parse(addon.decode(text)) as ReturnType<LightningCore["decode"]>,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
