/** Replaces `localStorage` in Node.js. Import it before modules that read storage when they load. */
const kept = new Map<string, string>();

export const memoryStorage = {
  getItem: (key: string): string | null => kept.get(key) ?? null,
  setItem: (key: string, value: string): void => {
    kept.set(key, value);
  },
  removeItem: (key: string): void => {
    kept.delete(key);
  },
  clear: (): void => {
    kept.clear();
  },
  /** Everything stored, as someone who reads the device's storage sees it. */
  everything: (): string => JSON.stringify([...kept]),
};

Object.defineProperty(globalThis, "localStorage", { value: memoryStorage, configurable: true });
