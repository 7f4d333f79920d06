import "expo-sqlite/localStorage/install";

/** Small values stored on this device in clear: encrypt secrets before storing them here. */
export const storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> = globalThis.localStorage;

/** Phones always keep stored values. */
export const isStorageKept = true;
