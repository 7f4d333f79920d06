import type { CommandResult, Config, CoreError } from "./generated/index.ts";

/** The loaded core: one per process. Each node is an instance of its own. */
export interface LightningCore {
  readonly kind: "addon" | "wasm";
  /** Versions of the core and of LDK. */
  readonly version: { readonly core: string; readonly lightning: string };
  /**
   * Starts a node. `seed` and `entropy` are 32 bytes each; the core copies what it needs, and the caller wipes its
   * own. `state` comes from `CoreState.load` and is empty for a new node.
   * @throws CoreRefused when the core cannot use the configuration, the seed or the state.
   * @throws CoreCrashed when the core panics.
   */
  create(
    config: Config,
    seed: Uint8Array,
    entropy: Uint8Array,
    state: Uint8Array,
  ): Promise<CoreInstance>;
  /** Parses a BOLT 11 invoice or a BOLT 12 offer. Needs no running node. */
  decode(
    text: string,
  ):
    | { readonly ok: true; readonly value: CommandResult }
    | { readonly ok: false; readonly error: CoreError };
}

/** A running node. After it has thrown CoreCrashed it is unusable: start another one from the store. */
export interface CoreInstance {
  /** The node's public key, 33 bytes. */
  readonly nodeId: Uint8Array;
  /**
   * Feeds input frames to the node and returns its output frames. The result belongs to the caller.
   * @throws CoreCrashed
   */
  exchange(frames: Uint8Array): Uint8Array;
  /** Memory reserved by the instance, in bytes; 0 where it cannot be measured (addon). */
  memoryBytes(): number;
  drop(): void;
}

/** The core panicked or ran out of memory. The exchange in which that happened had no effect. */
export class CoreCrashed extends Error {
  override readonly name = "CoreCrashed";
}

/** The core refused to start, for example because the state is damaged or belongs to another network. */
export class CoreRefused extends Error {
  override readonly name = "CoreRefused";
}
