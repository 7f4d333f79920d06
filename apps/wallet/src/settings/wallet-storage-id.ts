import type { WalletPreferences } from "./wallet-preferences.ts";

/**
 * Storage id of a wallet's state with its current operator. With each operator the wallet has separate channels and a
 * separate history.
 */
export function walletStorageId(walletId: string, { server, places }: WalletPreferences): string {
  return server === null ? walletId : (places[server] ?? walletId);
}
