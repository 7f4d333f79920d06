import { inputTag } from "../core/frames.ts";
import type { ChannelPosition } from "../core/output.ts";
import { chainPolicy } from "../model/policy.ts";
import type { ChainSource, FundingOutput } from "../ports/chain-source.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { CoreLoop } from "./core-loop.ts";

/** How the core reads the state of a funding output. */
const states = { missing: 0, unspent: 1, unavailable: 2 } as const;

/**
 * Answers the core's look-ups of announced channels. The core limits how many are in progress. While the chain source
 * does not answer, they wait, and the core drops the announcements that exceed its queue.
 */
export class FundingLookups {
  readonly #loop: CoreLoop;
  readonly #source: ChainSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;

  constructor(options: {
    readonly loop: CoreLoop;
    readonly source: ChainSource;
    readonly clock: Clock;
    readonly logger: Logger;
    /** Aborted when the node stops. */
    readonly signal: AbortSignal;
  }) {
    this.#loop = options.loop;
    this.#source = options.source;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#signal = options.signal;
  }

  add(channels: readonly ChannelPosition[]): void {
    for (const channel of channels) void this.#lookUp(channel);
  }

  async #lookUp(channel: ChannelPosition): Promise<void> {
    while (!this.#signal.aborted) {
      const found = await this.#source.fundingOutput?.(channel);
      if (this.#signal.aborted) return;
      if (found === undefined) return this.#answer(channel, { state: "unavailable" });
      if (found.ok) return this.#answer(channel, found.value);
      this.#logger.debug({ ...channel, reason: found.error.message }, "channel not looked up");
      await new Promise<void>((resolve) => this.#clock.after(chainPolicy.retryDelayMs, resolve));
    }
  }

  #answer(channel: ChannelPosition, output: FundingOutput): void {
    const { height, transactionIndex, outputIndex } = channel;
    this.#loop.post(inputTag.funding, (writer) => {
      writer
        .u32((((transactionIndex & 0xffff) << 16) | outputIndex) >>> 0)
        .u32(((height << 8) | (transactionIndex >>> 16)) >>> 0)
        .u8(states[output.state]);
      if (output.state === "unspent") writer.u64(Number(output.valueSat)).raw(output.script);
    });
  }
}
