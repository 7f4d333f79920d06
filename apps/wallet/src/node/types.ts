import type { WalletClient } from "@satsconnect/wallet/client";

export type OpenOptions = {
  /** The 64-byte BIP 39 seed. Wiped when it was taken. */
  readonly seed: Uint8Array;
  /** Names the place of this wallet's state. Another id is another wallet, which knows nothing of this one. */
  readonly walletId: string;
  /** The operator's API, without a path. */
  readonly apiUrl: string;
  readonly device: { readonly id: string; readonly name: string };
  /** The words were made here a moment ago: the wallet may begin before the backup was asked. */
  readonly isNewSeed?: boolean;
  /** The words were typed in: what the backup has comes back, and the device that had it is stopped. */
  readonly restore?: boolean;
};

/** `held`: another tab runs this wallet; `takeOver` stops it there. */
export type OpenedWallet =
  | { readonly kind: "open"; readonly client: WalletClient }
  | { readonly kind: "held"; readonly takeOver: () => Promise<WalletClient> };
