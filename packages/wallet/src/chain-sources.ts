import { esploraChain, severalSources } from "@satsconnect/lightning";
import type { ChainSource, Clock, Logger } from "@satsconnect/lightning";

export type ChainSourcesOptions = {
  /** Esplora servers of others than the operator, in order of preference. */
  readonly independentUrls: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollIntervalMs?: number;
  readonly fetch?: typeof fetch;
};

/** The wallet's view of the chain: the operator's Esplora server, and independent ones beside it. */
export function walletChain(operatorUrl: string, options: ChainSourcesOptions): ChainSource {
  const { independentUrls, clock, logger, pollIntervalMs, fetch: send } = options;
  const urls = new Set([operatorUrl, ...independentUrls].map((url) => url.replace(/\/$/u, "")));
  const sources = [...urls].map((url) =>
    esploraChain({
      url,
      ...(pollIntervalMs === undefined ? {} : { pollIntervalMs }),
      ...(send === undefined ? {} : { fetch: send }),
    }),
  );
  return severalSources({ sources, clock, logger });
}
