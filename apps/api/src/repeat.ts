import type { Logger } from "./app/logger.ts";

export type Repetition = { readonly stop: () => Promise<void> };

/**
 * Runs `work` now and again `intervalMs` after each run ends. A failed run is logged and does not stop the repetition.
 */
export function repeat(
  name: string,
  intervalMs: number,
  work: () => Promise<unknown>,
  log: Logger,
): Repetition {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function runOnce(): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error({ error, task: name }, "background task failed; retrying");
    }
    if (!stopped) timer = setTimeout(start, intervalMs);
  }
  function start(): void {
    running = runOnce();
  }

  start();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
