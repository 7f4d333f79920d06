import type { Logger } from "../logger.ts";
import type { ChainIndexer } from "./indexer.ts";
import type { Mempool } from "./mempool.ts";

const pollMs = 1_000;

/** Keeps index and mempool with Bitcoin Core: at every wake-up, and every second besides. */
export function followChain(options: {
  readonly indexer: ChainIndexer;
  readonly mempool: Mempool;
  readonly logger: Logger;
  readonly wake: (onChange: () => void, signal: AbortSignal) => void;
}): { readonly stop: () => Promise<void> } {
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
    while (!abort.signal.aborted) {
      woken = false;
      try {
        const indexed = await options.indexer.synchronise();
        if (!indexed.ok) options.logger.warn({ code: indexed.error.code }, "chain index waits");
        await options.mempool.refresh();
      } catch (error) {
        options.logger.error(
          { error: error instanceof Error ? error.message : "?" },
          "chain index failed",
        );
      }
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
