import { storage } from "../platform/storage";

/** The wallets' storage, as far as deleting it needs. */
export type StorageLocations = {
  readonly list: () => Promise<readonly string[]>;
  readonly delete: (walletId: string) => Promise<void>;
};

const key = "satsconnect.forgetting";
const all = "*";

/**
 * Deletes the storage of every wallet on this device. Deletion takes a while and fails for a wallet that is still
 * closing, so it is recorded first and resumed at the next start.
 */
export async function deleteAllWallets(locations: StorageLocations): Promise<void> {
  storage.setItem(key, JSON.stringify([all]));
  await deleteWallets(locations, await locations.list());
}

/** Resumes a deletion that was interrupted. */
export async function resumeDeletingWallets(locations: StorageLocations): Promise<void> {
  const text = storage.getItem(key);
  if (text === null) return;
  const ids = JSON.parse(text) as readonly string[];
  await deleteWallets(locations, ids.includes(all) ? await locations.list() : ids);
}

async function deleteWallets(locations: StorageLocations, ids: readonly string[]): Promise<void> {
  storage.setItem(key, JSON.stringify(ids));
  const results = await Promise.allSettled(ids.map((id) => locations.delete(id)));
  const left = ids.filter((_, at) => results[at]?.status === "rejected");
  if (left.length === 0) storage.removeItem(key);
  else storage.setItem(key, JSON.stringify(left));
}
