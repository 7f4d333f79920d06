import type { Result } from "@satsconnect/money";
import type { BlockId, WatchedTransaction } from "../core/generated/index.ts";
import type { WatchItem } from "../core/output.ts";

export type ChainErrorCode = "chain_unreachable" | "chain_inconsistent";
export type BroadcastErrorCode = "broadcast_rejected" | "chain_unreachable";

/**
 * The chain, as a node sees it. Two ways of following it: `blocks` (every block whole, in order) and `transactions`
 * (Esplora: what the core watches for, with proofs).
 */
export interface ChainSource {
  readonly follows: "blocks" | "transactions";
  /** The best block now: where a new node starts. */
  tip(): Promise<Result<ChainTip, ChainErrorCode>>;
  /**
   * Brings the core from where it stands to the best chain, over reorganisations, and what is unconfirmed with it.
   * May be called again at once after an error: it goes on where the core stands.
   */
  synchronise(core: ChainConsumer): Promise<Result<ChainTip, ChainErrorCode>>;
  /** Fee rates for the core, or undefined where the source has no opinion. */
  feeRates(): Promise<Result<FeeRates | undefined, ChainErrorCode>>;
  /**
   * Hands transactions to the network; more than one is a package (parents first). What is already known or confirmed
   * counts as handed over. Errors: `broadcast_rejected` (never), `chain_unreachable` (safe).
   */
  broadcast(transactions: readonly Uint8Array[]): Promise<Result<void, BroadcastErrorCode>>;
  /** Calls back when something may have changed, until the signal aborts. Sources that cannot tell never call. */
  watch(onChange: () => void, signal: AbortSignal): void;
  /** How often to look when nothing calls. */
  readonly pollIntervalMs: number;
}

export type ChainTip = BlockId & {
  /** The block's own time, milliseconds since 1970. */
  readonly timeMs: number;
};

/** Satoshis per 1,000 weight units, at least 253, for LDK's eight targets (`ConfirmationTarget`). */
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

/** What a chain source may ask and tell the core. Each promise resolves once what was told is durable. */
export interface ChainConsumer {
  /** Where the core stands, and (for Esplora) which confirmed transactions matter to it. */
  position(): Promise<ChainPosition>;
  /** What the core looks for (only `transactions`). Grows while the chain is told. */
  watchList(): readonly WatchItem[];
  /** The next block, whole (only `blocks`). Must be the child of the core's best block. */
  block(height: number, block: Uint8Array): Promise<void>;
  /** Blocks above this one, an ancestor of the core's best block, have left the best chain. `header`: its 80 bytes. */
  disconnectTo(height: number, header: Uint8Array): Promise<void>;
  /** Transactions of a block, in their order in it (only `transactions`). `txid` in display order. */
  confirmed(
    height: number,
    header: Uint8Array,
    transactions: readonly { readonly index: number; readonly bytes: Uint8Array }[],
  ): Promise<void>;
  /** A transaction has left the best chain (only `transactions`). */
  unconfirmed(txid: string): Promise<void>;
  /** The best block (only `transactions`); after what was confirmed. */
  tip(height: number, header: Uint8Array): Promise<void>;
  /** An unconfirmed transaction that may be the wallet's. */
  mempool(transaction: Uint8Array, seenAtMs: number): Promise<void>;
  /** An unconfirmed transaction that was told, and that no mempool has any more (replaced, in conflict). */
  evicted(txid: string): Promise<void>;
}

export type ChainPosition = {
  readonly bestBlock: BlockId;
  readonly watched: readonly WatchedTransaction[];
};
