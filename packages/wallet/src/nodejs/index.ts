/** What needs Node.js: a wallet whose state lies in one folder. */
export { openFolderWallet } from "./folder-wallet.ts";
export type { FolderWallet, FolderWalletOptions } from "./folder-wallet.ts";
export { sqliteNotes } from "./sqlite-key-value-store.ts";
