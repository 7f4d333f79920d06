export { BackupDamaged, BackupUnreachable, backedUpStore, backupKeys } from "./backup/index.ts";
export type {
  BackedUpStore,
  BackupKeys,
  BackupOptions,
  BackupState,
  BackupStatus,
} from "./backup/index.ts";
export { mergeHistory } from "./history.ts";
export type { HistoryEntry } from "./history.ts";
export type { ReceiveInvoice, ReceiveRequest } from "./flows/receive.ts";
export type { SendPreview } from "./flows/send.ts";
export { newMnemonic, parseMnemonic, seedOf } from "./mnemonic.ts";
export { memoryNotes } from "./notes.ts";
export type { Notes } from "./notes.ts";
export type { Operator } from "./operator.ts";
export { openWallet } from "./wallet.ts";
export type { Wallet, WalletOptions } from "./wallet.ts";
