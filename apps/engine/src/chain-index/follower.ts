import type { Logger } from "../logger.ts";
import type { ChainIndexer } from "./indexer.ts";
import type { Mempool } from "./mempool.ts";

const pollMs = 1_000;
/** With at least this many transactions, list the mempool only every `largeMempoolPollMs`. */
const largeMempool = 5_000;
const largeMempoolPollMs = 10_000;

/**
 * Keeps the index and the mempool in step with Bitcoin Core: polls every `pollMs`, and at once when `wake` calls
 * back.
 */
export function followChain(options: {
  readonly indexer: ChainIndexer;
  readonly mempool: Mempool;
  readonly logger: Logger;
  readonly now: () => number;
  readonly wake: (onChange: () => void, signal: AbortSignal) => void;
}): { readonly stop: () => Promise<void> } {
  const { indexer, mempool, logger } = options;
  const abort = new AbortController();
  let wakeUp = (): void => {};
  let woken = false;
  options.wake(() => {
    woken = true;
    wakeUp();
  }, abort.signal);

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      if (woken || abort.signal.aborted) return resolve();
      const timer = setTimeout(resolve, pollMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const running = (async () => {
    let lastFailure: string | null = null;
    let refreshedAt = 0;
    while (!abort.signal.aborted) {
      const wasWoken = woken;
      woken = false;
      let failure: string | null = null;
      try {
        const indexed = await indexer.synchronise();
        if (!indexed.ok) failure = `${indexed.error.code}: ${indexed.error.message}`;
        const age = options.now() - refreshedAt;
        if (wasWoken || mempool.size() < largeMempool || age >= largeMempoolPollMs) {
          refreshedAt = options.now();
          await mempool.refresh();
        }
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
      }
      // Log each failure once, not every second.
      if (failure !== null && failure !== lastFailure) {
        logger.warn({ reason: failure }, "chain index stalled; retrying");
      }
      lastFailure = failure;
      await pause();
    }
  })();

  return {
    stop: async () => {
      abort.abort();
      wakeUp();
      await running;
    },
  };
}
