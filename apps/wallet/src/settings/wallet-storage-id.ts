import type { WalletPreferences } from "./wallet-preferences.ts";

/** Where a wallet's state with its operator of now lies: with each operator it has channels and a history of their own. */
export function walletStorageId(walletId: string, { server, places }: WalletPreferences): string {
  return server === null ? walletId : (places[server] ?? walletId);
}
