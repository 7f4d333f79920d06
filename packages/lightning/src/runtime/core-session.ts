import type { LightningCore } from "../core/core.ts";
import type { NetworkName } from "../core/generated/index.ts";
import type { GossipLoop } from "./gossip-loop.ts";
import type { PaymentStore } from "./payment-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { EntropySource } from "../ports/entropy.ts";
import type { Logger } from "../ports/logger.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import type { Peers } from "./peers.ts";
import type { NodePolicy } from "../model/node-policy.ts";
import type { NodeFeeRates } from "../model/lightning-node.ts";
import type { CoreLoop } from "./core-loop.ts";

/** Shared by the parts of a running node, from one start of the core to its end. */
export type CoreSession = {
  readonly nodeId: string;
  readonly network: NetworkName;
  readonly loop: CoreLoop;
  readonly payments: PaymentStore;
  readonly peers: Peers;
  readonly store: CommitStore;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly logger: Logger;
  readonly policy: NodePolicy;
  /** The feerates in use now. */
  readonly feeRates: () => NodeFeeRates;
  /** Keeps the network graph up to date from snapshots; undefined for a node that takes gossip from peers. */
  readonly gossip: GossipLoop | undefined;
  /** True if the node starts from a store that is known to be older than its newest state. */
  readonly recovery: boolean;
  /** True while the node's owner has paused forwards. */
  readonly forwardsPaused: () => boolean;
  /** Parses invoices and offers without the running core. */
  readonly decode: LightningCore["decode"];
};
