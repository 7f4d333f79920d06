import "expo-sqlite/localStorage/install";

/** Small things that this device remembers; all of them in clear, so nothing secret goes here unsealed. */
export const storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> = globalThis.localStorage;

/** Phones always keep it. */
export const isStorageKept = true;
