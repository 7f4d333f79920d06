import type { WalletPreferences } from "./wallet-preferences.ts";

/**
 * Storage id of a wallet's state with its current operator. With each operator the wallet has separate channels and a
 * separate history.
 */
export function walletStorageId(walletId: string, { server, places }: WalletPreferences): string {
  return server === null ? walletId : (places[server] ?? walletId);
}

/** A new random storage id, 16 hex digits. It reveals nothing about the wallet. */
export function newWalletStorageId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
