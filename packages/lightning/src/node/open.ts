import type { Result } from "@satsconnect/money";
import type { LightningNode as Node, LightningNodeOptions } from "../model/lightning-node.ts";
import { openNode } from "./node-host.ts";
import type { OpenErrorCode } from "./node-host.ts";

/** A Lightning node: see the interface. */
export type LightningNode = Node;

/** How a Lightning node comes to be. */
export const LightningNode: {
  /**
   * Opens a node: a new one where the store is empty, else the one that is there.
   * Errors: `chain_unreachable` (a new node needs the tip), `store_fenced`, `state_refused`.
   */
  readonly open: (options: LightningNodeOptions) => Promise<Result<Node, OpenErrorCode>>;
} = { open: (options) => openNode(options) };
