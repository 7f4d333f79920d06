type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Small values stored on this device in clear: encrypt secrets before storing them here. */
export const storage: KeyValueStorage = browserStorage() ?? memoryStorage();

/** False where the browser stores nothing for this page: a wallet created here would be lost when the page closes. */
export const isStorageKept = browserStorage() !== undefined;

/**
 * Undefined where storage is forbidden or refuses writes. A full storage that already holds a wallet is still used: it
 * can be read.
 */
function browserStorage(): KeyValueStorage | undefined {
  try {
    const found = globalThis.localStorage;
    return acceptsWrites(found) || found.getItem("satsconnect.vault") !== null ? found : undefined;
  } catch {
    return undefined;
  }
}

function acceptsWrites(found: KeyValueStorage): boolean {
  const probe = "satsconnect.probe";
  try {
    found.setItem(probe, probe);
    found.removeItem(probe);
    return true;
  } catch {
    return false;
  }
}

function memoryStorage(): KeyValueStorage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => {
      kept.set(key, value);
    },
    removeItem: (key) => {
      kept.delete(key);
    },
  };
}
