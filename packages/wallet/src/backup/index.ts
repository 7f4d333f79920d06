/** The backup that restores: see `docs/backup.md`. */
export { BackupUnreachable, backedUpStore } from "./backed-up-store.ts";
export type { BackedUpStore, BackupOptions } from "./backed-up-store.ts";
export { BackupDamaged } from "./binary.ts";
export { backupKeys } from "./keys.ts";
export type { BackupKeys } from "./keys.ts";
export type { BackupState, BackupStatus } from "./status.ts";
