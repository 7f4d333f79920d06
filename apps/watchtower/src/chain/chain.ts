import type { Result } from "@satsconnect/money";

export type Block = {
  readonly height: number;
  readonly hash: string;
  readonly previousHash: string;
  /** The ids of its transactions, in display order. */
  readonly txids: readonly string[];
};

/** `chain_unreachable`: no usable answer; try again later. */
type ChainErrorCode = "chain_unreachable";

/** The chain as the watchtower needs it. It must not be the operator's: an operator that steals would hide it. */
export type Chain = {
  readonly tipHeight: () => Promise<Result<number, ChainErrorCode>>;
  /** The block at a height of the best chain. */
  readonly hashAt: (height: number) => Promise<Result<string, ChainErrorCode>>;
  readonly block: (hash: string) => Promise<Result<Block, ChainErrorCode>>;
  /** Satoshis per 1,000 weight units to confirm within about six blocks; null without an estimate. */
  readonly feeRate: () => Promise<Result<number | null, ChainErrorCode>>;
  /** Also ok if the transaction is in the mempool or the chain already. */
  readonly broadcast: (
    transaction: Uint8Array,
  ) => Promise<Result<void, ChainErrorCode | "broadcast_rejected">>;
  /** True if a transaction in the chain spends the output, which must exist. */
  readonly isSpent: (txid: string, index: number) => Promise<Result<boolean, ChainErrorCode>>;
};
