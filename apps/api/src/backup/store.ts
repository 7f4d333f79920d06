import { vssGlobalVersionKey } from "@satsconnect/contracts/vss";
import type {
  VssDeleteRequest,
  VssGetRequest,
  VssKeyValue,
  VssListRequest,
  VssListResponse,
  VssPutRequest,
} from "@satsconnect/contracts/vss";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";

/** What one wallet may keep. A wallet of a year with ten payments a day stays far below. */
export const backupLimits = {
  stores: 4,
  objectsPerStore: 2_000,
  bytesPerStore: 64 * 1024 * 1024,
  itemsPerWrite: 1_000,
  /** A whole request; also what one value may have. */
  bytesPerRequest: 4 * 1024 * 1024,
  keyLength: 600,
  storeIdLength: 120,
  pageSize: 100,
} as const;

export type BackupErrorCode = "conflict" | "invalid_request" | "no_such_key" | "store_full";

/** Wallets' backups in Postgres, by VSS's rules. Calls say whose: the wallet of the access token, never the request. */
export type BackupStore = {
  readonly get: (
    walletId: string,
    request: VssGetRequest,
  ) => Promise<Result<VssKeyValue, BackupErrorCode>>;
  /** All of it or nothing. */
  readonly put: (
    walletId: string,
    request: VssPutRequest,
  ) => Promise<Result<void, BackupErrorCode>>;
  /** What is not there, or has another version, stays as it is: that is no error. */
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

const nothing = new Uint8Array();

export function createBackupStore(database: Database): BackupStore {
  async function globalVersion(walletId: string, storeId: string): Promise<bigint> {
    const { rows } = await database.query<{ global_version: bigint }>(
      "SELECT global_version FROM backup_stores WHERE wallet_id = $1 AND store_id = $2",
      [walletId, storeId],
    );
    return rows[0]?.global_version ?? 0n;
  }

  return {
    async get(walletId, { storeId, key }) {
      const complaint = complainOfStore(storeId) ?? complainOfKey(key);
      if (complaint !== undefined) return refused(complaint);
      if (key === vssGlobalVersionKey) {
        return ok({ key, version: await globalVersion(walletId, storeId), value: nothing });
      }
      const { rows } = await database.query<{ version: bigint; value: Buffer }>(
        "SELECT version, value FROM backup_objects WHERE wallet_id = $1 AND store_id = $2 AND key = $3",
        [walletId, storeId, key],
      );
      const row = rows[0];
      return row === undefined
        ? err("no_such_key", "There is no object with this key.", "never")
        : ok({ key, version: row.version, value: row.value });
    },

    async put(walletId, request) {
      const complaint = complainOfPut(request);
      if (complaint !== undefined) return refused(complaint);
      const { storeId, transactionItems: puts, deleteItems: deletes } = request;
      try {
        await database.query("SELECT write_backup($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", [
          walletId,
          storeId,
          request.globalVersion ?? null,
          puts.map(({ key }) => key),
          puts.map(({ version }) => version),
          puts.map(({ value }) => Buffer.from(value.buffer, value.byteOffset, value.byteLength)),
          deletes.map(({ key }) => key),
          deletes.map(({ version }) => version),
          backupLimits.stores,
          backupLimits.objectsPerStore,
          backupLimits.bytesPerStore,
        ]);
        return ok(undefined);
      } catch (error) {
        return known(error);
      }
    },

    async remove(walletId, { storeId, keyValue }) {
      if (keyValue === undefined) return refused("key_value is missing.");
      const complaint =
        complainOfStore(storeId) ?? complainOfKey(keyValue.key) ?? complainOfVersion(keyValue);
      if (complaint !== undefined) return refused(complaint);
      await database.query(
        `DELETE FROM backup_objects WHERE wallet_id = $1 AND store_id = $2 AND key = $3 AND ($4 = -1 OR version = $4)`,
        [walletId, storeId, keyValue.key, keyValue.version],
      );
      return ok(undefined);
    },

    async list(walletId, request) {
      const { storeId, keyPrefix = "", pageSize = 0, pageToken = "" } = request;
      const complaint = complainOfStore(storeId) ?? complainOfPage(request);
      if (complaint !== undefined) return refused(complaint);
      // Read before the keys: all of them were written at this version or later.
      const version = pageToken === "" ? await globalVersion(walletId, storeId) : undefined;
      const limit = Math.min(
        pageSize === 0 ? backupLimits.pageSize : pageSize,
        backupLimits.pageSize,
      );
      const { rows } = await database.query<{ key: string; version: bigint; place: bigint }>(
        `SELECT key, version, place FROM backup_objects
          WHERE wallet_id = $1 AND store_id = $2 AND starts_with(key, $3) AND ($4::bigint IS NULL OR place < $4)
          ORDER BY place DESC LIMIT $5`,
        [walletId, storeId, keyPrefix, pageToken === "" ? null : BigInt(pageToken), limit],
      );
      const last = rows.length < limit ? undefined : rows.at(-1);
      return ok({
        keyVersions: rows.map((row) => ({ key: row.key, version: row.version, value: nothing })),
        nextPageToken: last === undefined ? "" : String(last.place),
        globalVersion: version,
      });
    },
  };
}

function refused(complaint: string): Result<never, BackupErrorCode> {
  return err("invalid_request", complaint, "never");
}

/** @throws what is a fault. */
function known(error: unknown): Result<never, BackupErrorCode> {
  const state = error instanceof Error && "code" in error ? error.code : undefined;
  if (state === "SC010") return err("conflict", "A version is another one by now.", "never");
  if (state === "SC011") return err("store_full", "This is more than a wallet may keep.", "never");
  throw error;
}

function complainOfPut({
  storeId,
  globalVersion,
  transactionItems: puts,
  deleteItems: deletes,
}: VssPutRequest): string | undefined {
  const items = [...puts, ...deletes];
  if (items.length > backupLimits.itemsPerWrite)
    return `A write may have ${String(backupLimits.itemsPerWrite)} items.`;
  if (globalVersion !== undefined && globalVersion < 0n) return "global_version is not below zero.";
  if (new Set(items.map(({ key }) => key)).size !== items.length) return "Each key once.";
  for (const item of items) {
    const complaint = complainOfKey(item.key) ?? complainOfVersion(item);
    if (complaint !== undefined) return complaint;
    if (item.key === vssGlobalVersionKey) return "This key is the store's own.";
  }
  return complainOfStore(storeId);
}

function complainOfStore(storeId: string): string | undefined {
  return complainOfText(storeId, "store_id", backupLimits.storeIdLength);
}

function complainOfKey(key: string): string | undefined {
  return complainOfText(key, "key", backupLimits.keyLength);
}

function complainOfText(text: string, name: string, most: number): string | undefined {
  if (text === "") return `${name} is missing.`;
  if (text.length > most) return `${name} may have ${String(most)} characters.`;
  // Postgres keeps no NUL in text.
  return text.includes("\0") ? `${name} may not have a NUL.` : undefined;
}

function complainOfVersion({ version }: VssKeyValue): string | undefined {
  return version < -1n ? "A version is not below zero, or -1 for any." : undefined;
}

function complainOfPage({
  keyPrefix = "",
  pageSize = 0,
  pageToken = "",
}: VssListRequest): string | undefined {
  if (keyPrefix !== "" && complainOfKey(keyPrefix) !== undefined)
    return complainOfText(keyPrefix, "key_prefix", backupLimits.keyLength);
  if (pageSize < 0) return "page_size is not below zero.";
  return /^(\d{1,18})?$/.test(pageToken) ? undefined : "page_token is not one of ours.";
}
