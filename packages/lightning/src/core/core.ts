import type { CommandResult, Config, CoreError } from "./generated/index.ts";

/** The loaded core. One for a process; each node gets an instance of its own. */
export interface LightningCore {
  readonly kind: "addon" | "wasm";
  /** Versions of the core and of LDK. */
  readonly version: { readonly core: string; readonly lightning: string };
  /**
   * Starts a node. `seed` and `entropy` are 32 bytes each, copied and not kept; the caller wipes its own. `state` is
   * empty for a new node. @throws CoreRefused when the core cannot use what it got; CoreCrashed when it panics.
   */
  create(
    config: Config,
    seed: Uint8Array,
    entropy: Uint8Array,
    state: Uint8Array,
  ): Promise<CoreInstance>;
  /** Reads a BOLT 11 invoice or a BOLT 12 offer; needs no node. */
  decode(
    text: string,
  ):
    | { readonly ok: true; readonly value: CommandResult }
    | { readonly ok: false; readonly error: CoreError };
}

/** A running node. After a CoreCrashed it is dead: start another from the store. */
export interface CoreInstance {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  /** The one hot call. The result is the caller's own. @throws CoreCrashed */
  exchange(frames: Uint8Array): Uint8Array;
  /** Memory that the instance has reserved, in bytes; 0 where it cannot be told. */
  memoryBytes(): number;
  drop(): void;
}

/** The core panicked, or its memory ran out. Nothing of that exchange happened. */
export class CoreCrashed extends Error {
  override readonly name = "CoreCrashed";
}

/** The core could not start from what it got: another network, a damaged state. */
export class CoreRefused extends Error {
  override readonly name = "CoreRefused";
}
