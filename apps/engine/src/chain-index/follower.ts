import type { Logger } from "../logger.ts";
import type { ChainIndexer } from "./indexer.ts";
import type { Mempool } from "./mempool.ts";

const pollMs = 1_000;
/** A list of this many ids is not fetched every second. */
const busyMempool = 5_000;
const busyPollMs = 10_000;

/** Keeps index and mempool with Bitcoin Core: at every wake-up, and every second besides. */
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
    let complaint: string | null = null;
    let mempoolAt = 0;
    while (!abort.signal.aborted) {
      const wasWoken = woken;
      woken = false;
      let trouble: string | null = null;
      try {
        const indexed = await indexer.synchronise();
        if (!indexed.ok) trouble = indexed.error.code;
        const age = options.now() - mempoolAt;
        if (wasWoken || mempool.size() < busyMempool || age >= busyPollMs) {
          mempoolAt = options.now();
          await mempool.refresh();
        }
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
      }
      // said once, not every second
      if (trouble !== null && trouble !== complaint) {
        logger.warn({ reason: trouble }, "the chain index waits");
      }
      complaint = trouble;
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
