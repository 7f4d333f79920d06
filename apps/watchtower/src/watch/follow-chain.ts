import { chainPolicy } from "../policy.ts";
import type { Logger } from "../logger.ts";
import type { Responder } from "./responder.ts";
import type { Watcher } from "./watcher.ts";

/** Searches new blocks and punishes thefts until it is stopped. */
export function followChain(parts: {
  readonly watcher: Watcher;
  readonly responder: Responder;
  readonly logger: Logger;
}): { readonly stop: () => Promise<void> } {
  const { watcher, responder, logger } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = (async () => {
    while (!signal.aborted) {
      try {
        await watcher.catchUp(signal);
        await responder.respond(watcher.height, signal);
      } catch (error) {
        logger.error({ error: String(error) }, "the chain was not followed; retrying");
      }
      await pause(chainPolicy.pollIntervalMs, signal);
    }
  })();
  return {
    stop() {
      stopping.abort();
      return ended;
    },
  };
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener("abort", end);
  });
}
