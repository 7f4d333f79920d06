type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Small things that this device remembers; all of them in clear, so nothing secret goes here unsealed. */
export const storage: Kept = ofBrowser() ?? inMemory();

/** False where the browser keeps nothing for this page: a wallet that is made here would be gone with it. */
export const isStorageKept = ofBrowser() !== undefined;

/** Undefined where it is forbidden, or takes nothing. One that is full and has something of ours can be read on. */
function ofBrowser(): Kept | undefined {
  try {
    const found = globalThis.localStorage;
    return takes(found) || found.getItem("satsconnect.vault") !== null ? found : undefined;
  } catch {
    return undefined;
  }
}

function takes(found: Kept): boolean {
  const probe = "satsconnect.probe";
  try {
    found.setItem(probe, probe);
    found.removeItem(probe);
    return true;
  } catch {
    return false;
  }
}

function inMemory(): Kept {
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
