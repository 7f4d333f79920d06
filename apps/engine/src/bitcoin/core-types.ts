/** The fields of Bitcoin Core's RPC results that the engine reads. */
export type CoreBlock = {
  readonly hash: string;
  readonly height: number;
  readonly version: number;
  readonly merkleroot: string;
  readonly time: number;
  readonly mediantime: number;
  readonly nonce: number;
  readonly bits: string;
  readonly difficulty: number;
  readonly previousblockhash?: string;
  readonly size: number;
  readonly weight: number;
  readonly nTx: number;
  readonly tx: readonly CoreTransaction[];
};

export type CoreScript = {
  readonly asm: string;
  readonly hex: string;
  readonly type: string;
  readonly address?: string;
};

export type CoreInput = {
  readonly coinbase?: string;
  readonly txid?: string;
  readonly vout?: number;
  readonly scriptSig?: { readonly asm: string; readonly hex: string };
  readonly txinwitness?: readonly string[];
  readonly sequence: number;
  /** Values in BTC. Present only for confirmed transactions read with verbosity 2. */
  readonly prevout?: { readonly value: number; readonly scriptPubKey: CoreScript };
};

export type CoreTransaction = {
  readonly txid: string;
  readonly version: number;
  readonly locktime: number;
  readonly size: number;
  readonly weight: number;
  readonly hex: string;
  readonly vin: readonly CoreInput[];
  readonly vout: readonly {
    readonly n: number;
    readonly value: number;
    readonly scriptPubKey: CoreScript;
  }[];
  readonly blockhash?: string;
};

/**
 * Converts Bitcoin Core's amount in BTC to satoshis. The result is exact: a double represents every amount of bitcoin
 * to well below one satoshi.
 */
export function satoshis(bitcoin: number): number {
  return Math.round(bitcoin * 100_000_000);
}
