import { setTimeout as delay } from "node:timers/promises";
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
  const wake = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await delay(lookEveryMs, undefined, { signal: wake.signal }).catch(() => undefined);
      // A bitcoind that is restarting mines again when it is back.
      if (!stopped) await look().catch(() => undefined);
    }
  };
  const looping = loop();
  return {
    async stop() {
      stopped = true;
      wake.abort();
      await looping;
    },
  };
}
