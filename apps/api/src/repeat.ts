import type { Logger } from "./app/logger.ts";

export type Repetition = { readonly stop: () => Promise<void> };

/** Does something again and again, never twice at once; a failure is logged and the next time comes all the same. */
export function repeat(
  name: string,
  everyMs: number,
  work: () => Promise<unknown>,
  log: Logger,
): Repetition {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function once(): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error({ error, work: name }, "a repeated task failed");
    }
    if (!stopped) timer = setTimeout(start, everyMs);
  }
  function start(): void {
    running = once();
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
