import type { RegtestNode } from "../support/bitcoind.ts";

const lookEveryMs = 1_000;

/**
 * Keeps a regtest chain alive: a block each `everyMs`, and one soon after a transaction arrives, so that nobody waits
 * for a confirmation longer than it takes to read about it.
 */
export function startMiner(
  bitcoind: RegtestNode,
  options: { readonly everyMs: number; readonly afterTransactionMs: number },
): { readonly stop: () => Promise<void> } {
  let stopped = false;
  let minedAt = Date.now();
  let waitingSince: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    const { size } = await bitcoind.call<{ size: number }>("getmempoolinfo");
    const now = Date.now();
    waitingSince = size === 0 ? null : (waitingSince ?? now);
    const due =
      now - minedAt >= options.everyMs ||
      (waitingSince !== null && now - waitingSince >= options.afterTransactionMs);
    if (!due || stopped) return;
    await bitcoind.mine(1);
    minedAt = Date.now();
    waitingSince = null;
  };
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      // A bitcoind that is restarting mines again when it is back.
      looking = look().catch(() => undefined);
      void looking.then(next);
    }, lookEveryMs);
  };
  next();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
