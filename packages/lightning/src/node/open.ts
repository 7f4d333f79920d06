import type { Result } from "@satsconnect/money";
import type { LightningNode as Node, LightningNodeOptions } from "../model/lightning-node.ts";
import { openNode } from "./node-host.ts";
import type { OpenErrorCode } from "./node-host.ts";

/** A Lightning node. */
export type LightningNode = Node;

/** Opens Lightning nodes. */
export const LightningNode: {
  /**
   * Opens the node that is stored in `store`, or creates one when the store is empty. Resolves once the core runs. On
   * failure the store is closed. Errors: see `OpenErrorCode`. @throws what the seed's source or the store throw otherwise.
   */
  readonly open: (options: LightningNodeOptions) => Promise<Result<Node, OpenErrorCode>>;
} = { open: (options) => openNode(options) };
