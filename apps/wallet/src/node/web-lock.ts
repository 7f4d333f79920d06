/** The lock that this page holds on a wallet: one page runs it at a time. */
export type HeldLock = {
  /** Resolves when another page has stolen the lock. */
  readonly lost: Promise<void>;
  readonly isLost: () => boolean;
  readonly release: () => void;
};

/**
 * Takes a wallet's lock (Web Locks API). The browser releases the lock when the page closes or crashes.
 * @returns undefined where another page holds the lock and `mode` is `if free`
 */
export function acquireWalletLock(
  walletId: string,
  mode: "if free" | "steal",
): Promise<HeldLock | undefined> {
  return new Promise((resolve, reject) => {
    let isLost = false;
    let markLost = (): void => undefined;
    const lost = new Promise<void>((resolveLost) => {
      markLost = () => {
        isLost = true;
        resolveLost();
      };
    });
    let release = (): void => undefined;
    const held = new Promise<void>((free) => (release = free));
    const request = mode === "steal" ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(`satsconnect/${walletId}`, request, async (lock) => {
        if (lock === null) return resolve(undefined);
        resolve({ lost, isLost: () => isLost, release });
        await held;
      })
      // rejected: stolen by another page, or refused by the browser before it was granted
      .catch((error: unknown) => {
        markLost();
        reject(error instanceof Error ? error : new Error("The browser did not grant the lock"));
      });
  });
}
