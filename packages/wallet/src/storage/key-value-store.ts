/**
 * Durable strings that the wallet keeps beside its node's state: the operator it belongs to, orders in progress,
 * contacts. A value is durable once `put` resolves. Write it before the act that it describes.
 */
export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** Entries whose keys start with the prefix, ordered by key. */
  list(prefix: string): Promise<readonly { readonly key: string; readonly value: string }[]>;
}

/** A store that lives in memory only, for tests. */
export function memoryKeyValueStore(): KeyValueStore {
  const entries = new Map<string, string>();
  return {
    get: async (key) => entries.get(key),
    put: async (key, value) => {
      entries.set(key, value);
    },
    delete: async (key) => {
      entries.delete(key);
    },
    list: async (prefix) =>
      [...entries]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => ({ key, value }))
        .toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  };
}

/** The part of a store whose keys start with the prefix; callers see keys without it. */
export function prefixedKeyValueStore(store: KeyValueStore, prefix: string): KeyValueStore {
  return {
    get: (key) => store.get(prefix + key),
    put: (key, value) => store.put(prefix + key, value),
    delete: (key) => store.delete(prefix + key),
    list: async (under) =>
      (await store.list(prefix + under)).map(({ key, value }) => ({
        key: key.slice(prefix.length),
        value,
      })),
  };
}
