export { BackupDamaged, BackupUnreachable, backedUpStore, backupKeys } from "./backup/index.ts";
export type {
  BackedUpStore,
  BackupKeys,
  BackupOptions,
  BackupState,
  BackupStatus,
} from "./backup/index.ts";
export { mergeHistory } from "./payments/history.ts";
export type { HistoryEntry } from "./payments/history.ts";
export { parsePaymentText } from "./payments/payment-text.ts";
export type { ReceiveInvoice, ReceiveRequest } from "./payments/receive.ts";
export type { SendPreview } from "./payments/send.ts";
export { newMnemonic, parseMnemonic, seedOf } from "./mnemonic.ts";
export { memoryKeyValueStore } from "./storage/key-value-store.ts";
export type { KeyValueStore } from "./storage/key-value-store.ts";
export type { Operator } from "./storage/operator.ts";
export { openWallet } from "./wallet.ts";
export type { Wallet, WalletOptions } from "./wallet.ts";
