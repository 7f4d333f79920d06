/** Takes the place of `localStorage` where there is none: import it before what reads it at its start. */
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
  /** Everything, as somebody sees it who reads the device's storage. */
  everything: (): string => JSON.stringify([...kept]),
};

Object.defineProperty(globalThis, "localStorage", { value: memoryStorage, configurable: true });
