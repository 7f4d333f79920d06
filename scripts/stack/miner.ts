import { setTimeout as delay } from "node:timers/promises";
import type { RegtestNode } from "../support/bitcoind.ts";

const lookEveryMs = 1_000;

/**
 * Mines regtest blocks: one every `everyMs`, and one shortly after a transaction reaches the mempool, so that
 * confirmations take seconds.
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
      // Errors are ignored while bitcoind restarts; mining resumes once it answers.
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
