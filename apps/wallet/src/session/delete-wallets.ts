import { storage } from "../platform/storage";

/** Where wallets keep their state, as far as deleting it goes. */
export type StorageLocations = {
  readonly list: () => Promise<readonly string[]>;
  readonly forget: (walletId: string) => Promise<void>;
};

const key = "satsconnect.forgetting";
const all = "*";

/**
 * Deletes what every wallet keeps on this device. That takes a while, and may be refused while a wallet still closes: it is
 * written down first, and gone on with at the next start.
 */
export async function deleteAllWallets(places: StorageLocations): Promise<void> {
  storage.setItem(key, JSON.stringify([all]));
  await forgetOf(places, await places.list());
}

/** Goes on where a page was closed too early. */
export async function resumeDeletingWallets(places: StorageLocations): Promise<void> {
  const text = storage.getItem(key);
  if (text === null) return;
  const ids = JSON.parse(text) as readonly string[];
  await forgetOf(places, ids.includes(all) ? await places.list() : ids);
}

async function forgetOf(places: StorageLocations, ids: readonly string[]): Promise<void> {
  storage.setItem(key, JSON.stringify(ids));
  const ends = await Promise.allSettled(ids.map((id) => places.forget(id)));
  const left = ids.filter((_, at) => ends[at]?.status === "rejected");
  if (left.length === 0) storage.removeItem(key);
  else storage.setItem(key, JSON.stringify(left));
}
