import type {
  VssDeleteRequest,
  VssGetRequest,
  VssKeyValue,
  VssListRequest,
  VssListResponse,
  VssPutRequest,
} from "@satsconnect/contracts/vss";
import type { Result } from "@satsconnect/money";

export type BackupErrorCode = "conflict" | "invalid_request" | "no_such_key" | "store_full";

/**
 * Wallet backups with the semantics of VSS (Versioned Storage Service). `walletId` comes from the access token, never
 * from the request: the same store id of two wallets names two stores.
 */
export type BackupStore = {
  readonly get: (
    walletId: string,
    request: VssGetRequest,
  ) => Promise<Result<VssKeyValue, BackupErrorCode>>;
  /** Applies all puts and deletes, or none. */
  readonly put: (
    walletId: string,
    request: VssPutRequest,
  ) => Promise<Result<void, BackupErrorCode>>;
  /** Deletes one object. Succeeds without effect if the key does not exist or has another version. */
  readonly remove: (
    walletId: string,
    request: VssDeleteRequest,
  ) => Promise<Result<void, BackupErrorCode>>;
  /** Newest first. */
  readonly list: (
    walletId: string,
    request: VssListRequest,
  ) => Promise<Result<VssListResponse, BackupErrorCode>>;
};
