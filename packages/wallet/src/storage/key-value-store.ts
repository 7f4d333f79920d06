/**
 * What the wallet must remember besides its node's own state: which operator it belongs to, and what it is in the
 * middle of. A note is durable once `put` resolves, and written before the act that it is about.
 */
export interface Notes {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** Notes whose key begins so, in the order of their keys. */
  list(prefix: string): Promise<readonly { readonly key: string; readonly value: string }[]>;
}

/** Notes that end with the process: for tests. */
export function memoryNotes(): Notes {
  const notes = new Map<string, string>();
  return {
    get: async (key) => notes.get(key),
    put: async (key, value) => {
      notes.set(key, value);
    },
    delete: async (key) => {
      notes.delete(key);
    },
    list: async (prefix) =>
      [...notes]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => ({ key, value }))
        .toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  };
}
