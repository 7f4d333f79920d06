/** That this page is the one which runs a wallet. */
export type HeldLock = {
  /** Resolves when another page has taken it. */
  readonly lost: Promise<void>;
  readonly isLost: () => boolean;
  readonly release: () => void;
};

/**
 * Takes a wallet's lock (Web Locks): the browser frees it when the page is gone, whatever the page does.
 * @returns undefined where another page holds it and it is not to be stolen
 */
export function holdWallet(
  walletId: string,
  how: "if free" | "steal",
): Promise<HeldLock | undefined> {
  return new Promise((resolve, reject) => {
    let isLost = false;
    let lose = (): void => undefined;
    const lost = new Promise<void>((gone) => {
      lose = () => {
        isLost = true;
        gone();
      };
    });
    let release = (): void => undefined;
    const held = new Promise<void>((free) => (release = free));
    const request = how === "steal" ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(`satsconnect/${walletId}`, request, async (lock) => {
        if (lock === null) return resolve(undefined);
        resolve({ lost, isLost: () => isLost, release });
        await held;
      })
      // taken by another page; before it was ours: the browser refuses
      .catch((error: unknown) => {
        lose();
        reject(error instanceof Error ? error : new Error("no lock"));
      });
  });
}
