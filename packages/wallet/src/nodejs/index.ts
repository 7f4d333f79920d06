/** A wallet for Node.js, with its state in one folder. */
export { openFolderWallet } from "./folder-wallet.ts";
export type { FolderWallet, FolderWalletOptions } from "./folder-wallet.ts";
export { sqliteKeyValueStore } from "./sqlite-key-value-store.ts";
