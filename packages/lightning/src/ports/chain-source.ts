import type { Result } from "@satsconnect/money";
import type { BlockId, NetworkName, WatchedTransaction } from "../core/generated/index.ts";
import type { ChannelPosition, WatchItem } from "../core/output.ts";

export type ChainErrorCode =
  /** The source did not answer. Retry. */
  | "chain_unreachable"
  /** The source no longer has a block that the core needs next (a pruned Bitcoin Core). Needs an operator. */
  | "block_pruned"
  /** The source contradicts itself or the core's chain. Transient if the chain changed while it was read. */
  | "chain_inconsistent"
  /** A header breaks a rule of Bitcoin, or is too easy to be Bitcoin's. The core is told nothing of that chain. */
  | "chain_header_invalid"
  /** The source's chain is valid but has less work than the one this node knows: it is behind. */
  | "chain_behind";
export type BroadcastErrorCode =
  /** The network rejected the transaction: repeating the same call will not help. */
  "broadcast_rejected" | "chain_unreachable";

/**
 * A node's view of the block chain. `blocks` sources deliver every block whole and in order (Bitcoin Core);
 * `transactions` sources deliver the transactions that the core watches for, with proofs (Esplora).
 */
export interface ChainSource {
  readonly follows: "blocks" | "transactions";
  /** The best block now. A new node starts from it. */
  tip(setting: ChainSetting): Promise<Result<ChainTip, ChainErrorCode>>;
  /**
   * Brings the core from its own best block to the chain's, across reorganisations, and reports unconfirmed
   * transactions. May be called again at once after an error: it resumes from the core's position.
   */
  synchronise(core: ChainConsumer): Promise<Result<ChainTip, ChainErrorCode>>;
  /** Current estimates; undefined for a source that knows nothing of feerates. */
  feeEstimates(): Promise<Result<FeeEstimates | undefined, ChainErrorCode>>;
  /**
   * Broadcasts transactions; more than one are a package, parents first. Succeeds when they are already in the mempool
   * or confirmed. Errors: `broadcast_rejected` (retry never), `chain_unreachable` (retry safe).
   */
  broadcast(transactions: readonly Uint8Array[]): Promise<Result<void, BroadcastErrorCode>>;
  /**
   * Looks up the funding output of an announced channel in the best chain. Absent: the node believes the signatures of
   * an announcement. Errors: `chain_unreachable` (retry safe).
   */
  fundingOutput?(channel: ChannelPosition): Promise<Result<FundingOutput, ChainErrorCode>>;
  /** Calls back when the chain may have changed, until the signal aborts. Sources without notifications never call. */
  watch(onChange: () => void, signal: AbortSignal): void;
  /** How often to poll, in milliseconds, when no notification arrives. */
  readonly pollIntervalMs: number;
}

export type FundingOutput =
  | { readonly state: "unspent"; readonly valueSat: bigint; readonly script: Uint8Array }
  /** The best chain has no such output, or it is spent. */
  | { readonly state: "missing" }
  /** The source cannot tell, for example because it has pruned the block. */
  | { readonly state: "unavailable" };

/** Inputs that decide whether a header is valid. */
export interface ChainSetting {
  readonly network: NetworkName;
  /** Milliseconds since 1970, by this node's clock. */
  now(): number;
}

export type ChainTip = BlockId & {
  /** The block's own timestamp, milliseconds since 1970. */
  readonly timeMs: number;
};

/** A source's estimates, in satoshis per 1,000 weight units. */
export type FeeEstimates = {
  /** The lowest feerate that the mempool takes now, at least 253. It rises while the mempool is full. */
  readonly floor: number;
  /** To confirm within about 2, 6, 12 and 144 blocks; null when the source has no estimate. */
  readonly targets: {
    readonly urgent: number;
    readonly soon: number;
    readonly later: number;
    readonly someday: number;
  } | null;
};

/** Satoshis per 1,000 weight units, at least 253, for LDK's `ConfirmationTarget`s, under LDK's names. */
export type FeeRates = {
  readonly maximumFeeEstimate: number;
  readonly urgentOnChainSweep: number;
  readonly minAllowedAnchorChannelRemoteFee: number;
  readonly minAllowedNonAnchorChannelRemoteFee: number;
  readonly anchorChannelFee: number;
  readonly nonAnchorChannelFee: number;
  readonly channelCloseMinimum: number;
  readonly outputSpendingFee: number;
};

/**
 * The core, as a chain source sees it. Every promise resolves once the core has handled the input and the resulting
 * state is durable, and rejects when the node stops first.
 */
export interface ChainConsumer extends ChainSetting {
  /** The core's best block, and the confirmed transactions that concern it (`transactions` sources). */
  position(): Promise<ChainPosition>;
  /** Everything the core watches for (`transactions` sources). It can grow with every report to the core. */
  watchList(): readonly WatchItem[];
  /** Connects the next block, whole (`blocks` sources). It must be a child of the core's best block. */
  block(height: number, block: Uint8Array): Promise<void>;
  /**
   * Disconnects every block above this one, which must be an ancestor of the core's best block. `header` is its 80
   * bytes.
   */
  disconnectTo(height: number, header: Uint8Array): Promise<void>;
  /** Confirms transactions of one block, in block order (`transactions` sources). `header` is the block's 80 bytes. */
  confirmed(
    height: number,
    header: Uint8Array,
    transactions: readonly { readonly index: number; readonly bytes: Uint8Array }[],
  ): Promise<void>;
  /** Reverts a confirmation: the transaction's block has left the best chain (`transactions` sources). */
  unconfirmed(txid: string): Promise<void>;
  /**
   * Sets the best block (`transactions` sources). Call it after the confirmations up to that block. `facts`, about a
   * hundred bytes, are stored in the same write: what the source needs to check the next header.
   */
  tip(height: number, header: Uint8Array, facts: Uint8Array): Promise<void>;
  /** The last facts stored by `tip`. */
  facts(): Promise<Uint8Array | undefined>;
  /** Reports an unconfirmed transaction that may concern the on-chain wallet. */
  mempool(transaction: Uint8Array, seenAtMs: number): Promise<void>;
  /** Reports that a transaction given to `mempool` was replaced or conflicts with a confirmed one. */
  evicted(txid: string): Promise<void>;
}

export type ChainPosition = {
  readonly bestBlock: BlockId;
  readonly watched: readonly WatchedTransaction[];
};
