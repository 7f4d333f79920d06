import { setTimeout as delay } from "node:timers/promises";
import type { RegtestNode } from "../support/bitcoind.ts";

const pollIntervalMs = 1_000;

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
  let pendingSince: number | null = null;
  const mineIfDue = async (): Promise<void> => {
    const { size } = await bitcoind.call<{ size: number }>("getmempoolinfo");
    const now = Date.now();
    pendingSince = size === 0 ? null : (pendingSince ?? now);
    const isDue =
      now - minedAt >= options.everyMs ||
      (pendingSince !== null && now - pendingSince >= options.afterTransactionMs);
    if (!isDue || stopped) return;
    await bitcoind.mine(1);
    minedAt = Date.now();
    pendingSince = null;
  };
  const wake = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await delay(pollIntervalMs, undefined, { signal: wake.signal }).catch(() => undefined);
      // Errors are ignored while bitcoind restarts; mining resumes once it answers.
      if (!stopped) await mineIfDue().catch(() => undefined);
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
