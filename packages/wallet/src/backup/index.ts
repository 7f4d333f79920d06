/** See `docs/backup.md`. */
export { backedUpStore } from "./backed-up-store.ts";
export { BackupUnreachable } from "./backup-errors.ts";
export type { BackedUpStore, BackupOptions } from "./backed-up-store.ts";
export { BackupDamaged } from "./byte-codec.ts";
export { backupKeys } from "./backup-keys.ts";
export type { BackupKeys } from "./backup-keys.ts";
export type { BackupState, BackupStatus } from "./backup-status.ts";
