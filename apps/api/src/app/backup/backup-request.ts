import { vssGlobalVersionKey } from "@satsconnect/contracts/vss";
import type {
  VssDeleteRequest,
  VssGetRequest,
  VssKeyValue,
  VssListRequest,
  VssPutRequest,
} from "@satsconnect/contracts/vss";

/** Limits for one wallet. A wallet that makes ten payments a day stays far below them after a year. */
export const backupLimits = {
  stores: 4,
  objectsPerStore: 2_000,
  bytesPerStore: 64 * 1024 * 1024,
  itemsPerWrite: 1_000,
  /** Bytes of a whole request, and therefore of one value. */
  bytesPerRequest: 4 * 1024 * 1024,
  keyLength: 600,
  storeIdLength: 120,
  pageSize: 100,
} as const;

/** This check and the ones below return an error message for the caller, or undefined if the request is valid. */
export function getRequestError({ storeId, key }: VssGetRequest): string | undefined {
  return storeIdError(storeId) ?? keyError(key);
}

export function putRequestError({
  storeId,
  globalVersion,
  transactionItems: puts,
  deleteItems: deletes,
}: VssPutRequest): string | undefined {
  const items = [...puts, ...deletes];
  if (items.length > backupLimits.itemsPerWrite)
    return `A write may have at most ${backupLimits.itemsPerWrite} items; this one has ${items.length}.`;
  if (globalVersion !== undefined && globalVersion < 0n) return "global_version must be 0 or more.";
  if (new Set(items.map(({ key }) => key)).size !== items.length)
    return "Each key may appear only once in a write.";
  for (const item of items) {
    const error = keyError(item.key) ?? versionError(item);
    if (error !== undefined) return error;
    if (item.key === vssGlobalVersionKey) return `The key ${vssGlobalVersionKey} is reserved.`;
  }
  return storeIdError(storeId);
}

export function deleteRequestError({ storeId, keyValue }: VssDeleteRequest): string | undefined {
  if (keyValue === undefined) return "key_value is missing.";
  return storeIdError(storeId) ?? keyError(keyValue.key) ?? versionError(keyValue);
}

export function listRequestError({
  storeId,
  keyPrefix = "",
  pageSize = 0,
  pageToken = "",
}: VssListRequest): string | undefined {
  const error =
    storeIdError(storeId) ??
    (keyPrefix === "" ? undefined : textError(keyPrefix, "key_prefix", backupLimits.keyLength));
  if (error !== undefined) return error;
  if (pageSize < 0) return "page_size must be 0 or more.";
  return /^(\d{1,18})?$/.test(pageToken)
    ? undefined
    : "page_token must be the next_page_token of an earlier page.";
}

function storeIdError(storeId: string): string | undefined {
  return textError(storeId, "store_id", backupLimits.storeIdLength);
}

function keyError(key: string): string | undefined {
  return textError(key, "key", backupLimits.keyLength);
}

function textError(text: string, name: string, maxLength: number): string | undefined {
  if (text === "") return `${name} is missing.`;
  if (text.length > maxLength) return `${name} may have at most ${maxLength} characters.`;
  // PostgreSQL's text type cannot hold NUL.
  return text.includes("\0") ? `${name} must not contain a NUL character.` : undefined;
}

function versionError({ version }: VssKeyValue): string | undefined {
  return version < -1n ? "A version must be 0 or more, or -1 to match any." : undefined;
}
