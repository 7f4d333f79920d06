import type { WalletClient } from "@satsconnect/wallet/client";

export type OpenOptions = {
  /** The 64-byte BIP 39 seed. Overwritten with zeros once it was copied. */
  readonly seed: Uint8Array;
  /** Storage id of the wallet's state. Another id is another wallet, which shares nothing with this one. */
  readonly walletId: string;
  /** URL of the operator's API, without a path. */
  readonly apiUrl: string;
  /** Esplora servers of others than the operator. */
  readonly esploraUrls: readonly string[];
  /** `key@url` of a watchtower that is not the operator's; undefined: none. */
  readonly watchtower: string | undefined;
  readonly device: { readonly id: string; readonly name: string };
  /** The words were created on this device just now: the wallet may start before the backup was checked. */
  readonly isNewSeed?: boolean;
  /** The words were entered: restore from the backup, and stop the device on which the wallet ran before. */
  readonly restore?: boolean;
};

/** `held`: another tab runs this wallet; `takeOver` stops it there and opens it here. */
export type OpenedWallet =
  | { readonly kind: "open"; readonly client: WalletClient }
  | { readonly kind: "held"; readonly takeOver: () => Promise<WalletClient> };
