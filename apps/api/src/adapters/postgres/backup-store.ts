import { vssGlobalVersionKey } from "@satsconnect/contracts/vss";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";
import {
  backupLimits,
  deleteRequestError,
  getRequestError,
  listRequestError,
  putRequestError,
} from "../../app/backup/backup-request.ts";
import type { BackupErrorCode, BackupStore } from "../../app/backup/backup-store.ts";

const empty = new Uint8Array();

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
      const invalid = getRequestError({ storeId, key });
      if (invalid !== undefined) return invalidRequest(invalid);
      if (key === vssGlobalVersionKey) {
        return ok({ key, version: await globalVersion(walletId, storeId), value: empty });
      }
      const { rows } = await database.query<{ version: bigint; value: Buffer }>(
        "SELECT version, value FROM backup_objects WHERE wallet_id = $1 AND store_id = $2 AND key = $3",
        [walletId, storeId, key],
      );
      const row = rows[0];
      return row === undefined
        ? err("no_such_key", "No object has this key.", "never")
        : ok({ key, version: row.version, value: row.value });
    },

    async put(walletId, request) {
      const invalid = putRequestError(request);
      if (invalid !== undefined) return invalidRequest(invalid);
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
        return writeError(error);
      }
    },

    async remove(walletId, request) {
      const invalid = deleteRequestError(request);
      if (invalid !== undefined) return invalidRequest(invalid);
      const { storeId, keyValue } = request;
      if (keyValue === undefined) return ok(undefined);
      await database.query(
        `DELETE FROM backup_objects WHERE wallet_id = $1 AND store_id = $2 AND key = $3 AND ($4 = -1 OR version = $4)`,
        [walletId, storeId, keyValue.key, keyValue.version],
      );
      return ok(undefined);
    },

    async list(walletId, request) {
      const { storeId, keyPrefix = "", pageSize = 0, pageToken = "" } = request;
      const invalid = listRequestError(request);
      if (invalid !== undefined) return invalidRequest(invalid);
      // Read before the keys, so that every listed key is at this version or newer.
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
        keyVersions: rows.map((row) => ({ key: row.key, version: row.version, value: empty })),
        nextPageToken: last === undefined ? "" : String(last.place),
        globalVersion: version,
      });
    },
  };
}

function invalidRequest(message: string): Result<never, BackupErrorCode> {
  return err("invalid_request", message, "never");
}

/** Maps errors raised by `write_backup`; rethrows everything else. */
function writeError(error: unknown): Result<never, BackupErrorCode> {
  const state = error instanceof Error && "code" in error ? error.code : undefined;
  if (state === "SC010")
    return err("conflict", "A stored version has changed; fetch it and retry.", "never");
  if (state === "SC011")
    return err(
      "store_full",
      `A wallet may keep ${backupLimits.stores} stores, each of ${backupLimits.objectsPerStore} objects and ${backupLimits.bytesPerStore / 1024 ** 2} MiB. Delete objects first.`,
      "never",
    );
  throw error;
}
