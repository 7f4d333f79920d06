import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { CoreCrashed, CoreRefused } from "./core.ts";
import type { LightningCore } from "./core.ts";
import { loadWasmCore } from "./wasm-core.ts";

/** Where the build scripts put the core. */
const wasmFile = new URL("../../core/lightning-core.wasm", import.meta.url);
const addonFile = new URL(
  `../../core/lightning-core.${process.platform}-${process.arch}.node`,
  import.meta.url,
);

/** What `crates/lightning-core-node` exports. */
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
 * Loads the core in Node.js. `addon`: about twice as fast, where it was built (`npm run core:addon`), else the
 * WebAssembly; `wasm`: always that. The result's `kind` says which it became.
 * @throws CoreRefused when neither is there.
 */
export async function loadCore(options: {
  readonly prefer: "addon" | "wasm";
  /** Instead of the built files, for tests of other builds. */
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
    throw new CoreRefused("the core is not built: npm run core:build", { cause: error });
  }
  return loadWasmCore(bytes);
}

/** Undefined where the addon was not built, or not for this machine. */
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
        // the addon wipes what it is given
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
