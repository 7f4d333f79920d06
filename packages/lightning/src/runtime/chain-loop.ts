import { bytesToHex } from "@noble/hashes/utils.js";
import { fromDisplayId } from "../bitcoin/hash.ts";
import { inputTag } from "../core/frames.ts";
import { expectResult, ignoreSessionEnd } from "./failures.ts";
import type { CoreLoop } from "./core-loop.ts";
import { SessionEnded } from "./core-loop.ts";
import { chainPolicy, feeRatePolicy } from "../model/policy.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import type { Logger } from "../ports/logger.ts";
import { transactionId } from "../bitcoin/transaction.ts";
import type { ChannelPosition, WatchItem } from "../core/output.ts";
import { FundingLookups } from "./funding-lookups.ts";
import type { ChainConsumer, ChainSource, ChainTip, FeeEstimates } from "../ports/chain-source.ts";
import type { NetworkName } from "../core/generated/index.ts";
import { decodeRow, encodeJson } from "../model/codec.ts";
import { currentRates, feeRatesFrom } from "../chain/fee-rates.ts";
import type { DatedEstimates } from "../chain/fee-rates.ts";
import type { NodeFeeRates } from "../model/lightning-node.ts";

const { feeRateIntervalMs, retryDelayMs, maxBroadcastAttempts } = chainPolicy;
const { minSatPerKwu, maxEstimateAgeMs, storeIntervalMs } = feeRatePolicy;

/** Row of the chain source's facts about the core's best block. The names are stored: they must not change. */
const factsRow = { table: "chain", key: "best-header" } as const;
/** One row, `last`: the last estimates. */
const feeTable = "fee-estimates";

/** Keeps the core at the chain's tip, refreshes feerates, and broadcasts transactions. */
export class ChainLoop {
  readonly #loop: CoreLoop;
  readonly #source: ChainSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #consumer: ChainConsumer;
  readonly #watches = new Map<string, WatchItem>();
  readonly #lookups: FundingLookups;
  readonly #stop = new AbortController();
  #running = false;
  #again = false;
  #cancelPoll: (() => void) | undefined;
  #cancelFees: (() => void) | undefined;
  #tip: ChainTip;
  #synced = false;
  #height: number;
  readonly #store: CommitStore;
  readonly #network: NetworkName;
  #estimates: DatedEstimates | undefined;
  #floor: number = minSatPerKwu;
  #feesStoredAt = 0;
  #feesStale = false;

  constructor(options: {
    readonly loop: CoreLoop;
    readonly store: CommitStore;
    readonly network: NetworkName;
    readonly source: ChainSource;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly tip: ChainTip;
  }) {
    this.#loop = options.loop;
    this.#store = options.store;
    this.#network = options.network;
    this.#source = options.source;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#tip = options.tip;
    this.#height = options.tip.height;
    this.#lookups = new FundingLookups({ ...options, signal: this.#stop.signal });
    this.#consumer = this.#makeConsumer();
  }

  get tip(): ChainTip & { readonly synced: boolean } {
    return { ...this.#tip, synced: this.#synced };
  }

  /** Height of the core's best block. */
  get height(): number {
    return this.#height;
  }

  /** The feerates that the core uses now. */
  get feeRates(): NodeFeeRates {
    return currentRates(this.#floor, this.#estimates, this.#network, this.#clock.now());
  }

  /** Reads the estimates of the last run, which hold until the chain source has given newer ones. */
  async readFeeEstimates(): Promise<void> {
    const row = await this.#store.read(feeTable, "last");
    if (row !== undefined) this.#estimates = decodeRow(row) as DatedEstimates;
  }

  /** Reads the core's best block, from which `start` continues. */
  async readBestBlock(): Promise<void> {
    const { bestBlock } = await this.#consumer.position();
    this.#height = bestBlock.height;
    this.#tip = { ...bestBlock, timeMs: 0 };
  }

  start(): void {
    this.#source.watch(() => this.wake(), this.#stop.signal);
    void this.#updateFees();
    this.wake();
  }

  stop(): void {
    this.#stop.abort();
    this.#cancelPoll?.();
    this.#cancelFees?.();
  }

  onWatch(items: readonly WatchItem[]): void {
    let hasGrown = false;
    for (const item of items) {
      const name = watchName(item);
      hasGrown ||= !this.#watches.has(name);
      this.#watches.set(name, item);
    }
    // the watched output may have been spent or confirmed already
    if (hasGrown) this.wake();
  }

  onLookups(channels: readonly ChannelPosition[]): void {
    this.#lookups.add(channels);
  }

  wake(): void {
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  /**
   * Broadcasts a package, and retries while the chain source is unreachable. Gives up after a few attempts: LDK
   * rebroadcasts what matters.
   */
  async broadcast(transactions: readonly Uint8Array[]): Promise<void> {
    for (
      let attempt = 1;
      attempt <= maxBroadcastAttempts && !this.#stop.signal.aborted;
      attempt++
    ) {
      const result = await this.#source.broadcast(transactions);
      if (result.ok) {
        this.wake();
        return;
      }
      this.#logger.warn(
        { code: result.error.code, reason: result.error.message, attempt },
        "transaction broadcast failed",
      );
      if (result.error.retry === "never") {
        // only a conflict is final; with other reasons (feerate too low) its inputs must stay reserved
        const conflict = /missingorspent|missing-or-spent|conflict/iu.test(result.error.message);
        const last = transactions.at(-1);
        const txid = last === undefined ? undefined : transactionId(last);
        if (conflict && txid !== undefined) await this.#evicted(txid).catch(ignoreSessionEnd);
        return;
      }
      await new Promise<void>((resolve) => this.#clock.after(retryDelayMs, resolve));
    }
  }

  #evicted(txid: string): Promise<void> {
    this.#loop.post(inputTag.evicted, (writer) => writer.raw(fromDisplayId(txid)));
    return this.#loop.stored();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#again && !this.#stop.signal.aborted) {
        this.#again = false;
        this.#cancelPoll?.();
        const result = await this.#source.synchronise(this.#consumer);
        if (this.#stop.signal.aborted) return;
        if (result.ok) {
          if (result.value.height !== this.#tip.height || result.value.hash !== this.#tip.hash) {
            this.#logger.debug({ height: result.value.height, hash: result.value.hash }, "new tip");
          }
          this.#tip = result.value;
          this.#height = result.value.height;
          this.#synced = true;
        } else {
          this.#synced = false;
          this.#logger.warn(
            { code: result.error.code, reason: result.error.message },
            "chain synchronisation failed",
          );
        }
        const wait = result.ok ? this.#source.pollIntervalMs : retryDelayMs;
        this.#cancelPoll = this.#clock.after(wait, () => this.wake());
      }
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
    } finally {
      this.#running = false;
    }
  }

  async #updateFees(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const estimates = await this.#source.feeEstimates();
    if (this.#stop.signal.aborted) return;
    if (!estimates.ok)
      this.#logger.warn({ reason: estimates.error.message }, "feerate update failed");
    // a source that knows nothing of feerates leaves the core with its own
    if (!estimates.ok || estimates.value !== undefined) {
      if (estimates.ok && estimates.value !== undefined) this.#take(estimates.value);
      this.#setFees();
    }
    this.#cancelFees = this.#clock.after(feeRateIntervalMs, () => void this.#updateFees());
  }

  #take({ floor, targets }: FeeEstimates): void {
    const now = this.#clock.now();
    this.#floor = floor;
    // a server whose chain stands still does not see what the mempool costs now
    const behind =
      this.#network === "bitcoin" &&
      this.#tip.timeMs > 0 &&
      now - this.#tip.timeMs > maxEstimateAgeMs;
    if (targets === null || behind) return;
    this.#estimates = { at: now, targets };
    if (now - this.#feesStoredAt < storeIntervalMs) return;
    this.#feesStoredAt = now;
    const row = encodeJson(this.#estimates);
    this.#loop.queueChange((unit) => unit.put(feeTable, "last", row));
  }

  #setFees(): void {
    const current = this.feeRates;
    if (current.stale && !this.#feesStale && this.#network === "bitcoin") {
      const { urgent, soon, later, someday, estimatedAt } = current;
      this.#logger.warn(
        { urgent, soon, later, someday, estimatedAt },
        "no recent feerate estimate: using fallback feerates",
      );
    }
    this.#feesStale = current.stale;
    const rates = feeRatesFrom(current);
    this.#loop.post(inputTag.fees, (writer) =>
      writer
        .u32(rates.maximumFeeEstimate)
        .u32(rates.urgentOnChainSweep)
        .u32(rates.minAllowedAnchorChannelRemoteFee)
        .u32(rates.minAllowedNonAnchorChannelRemoteFee)
        .u32(rates.anchorChannelFee)
        .u32(rates.nonAnchorChannelFee)
        .u32(rates.channelCloseMinimum)
        .u32(rates.outputSpendingFee),
    );
  }

  #makeConsumer(): ChainConsumer {
    const loop = this.#loop;
    const post = (tag: number, write: Parameters<CoreLoop["post"]>[1]): Promise<void> => {
      loop.post(tag, write);
      return loop.stored();
    };
    const withHeight = async (height: number, done: Promise<void>): Promise<void> => {
      await done;
      this.#height = height;
    };
    return {
      network: this.#network,
      now: () => this.#clock.now(),
      facts: () => this.#store.read(factsRow.table, factsRow.key),
      position: async () => {
        const outcome = await loop.query({ type: "chainStatus" });
        const { bestBlock, watched } = expectResult(outcome, "chainStatus");
        return { bestBlock, watched };
      },
      watchList: () => [...this.#watches.values()],
      block: (height, block) =>
        withHeight(
          height,
          post(inputTag.fullBlock, (writer) => writer.u32(height).raw(block)),
        ),
      disconnectTo: (height, header) =>
        withHeight(
          height,
          post(inputTag.disconnectTo, (writer) => writer.u32(height).raw(header)),
        ),
      confirmed: (height, header, transactions) =>
        post(inputTag.confirmed, (writer) => {
          writer.u32(height).raw(header).u32(transactions.length);
          for (const { index, bytes } of transactions) writer.u32(index).bytes(bytes);
        }),
      unconfirmed: (txid) =>
        post(inputTag.unconfirmed, (writer) => writer.raw(fromDisplayId(txid))),
      tip: (height, header, facts) => {
        loop.queueChange((unit) => unit.put(factsRow.table, factsRow.key, facts));
        return withHeight(
          height,
          post(inputTag.tip, (writer) => writer.u32(height).raw(header)),
        );
      },
      mempool: (transaction, seenAtMs) =>
        post(inputTag.mempool, (writer) =>
          writer.u64(Math.floor(seenAtMs / 1000)).raw(transaction),
        ),
      evicted: (txid) => this.#evicted(txid),
    };
  }
}

function watchName(item: WatchItem): string {
  switch (item.kind) {
    case "transaction":
      return `transaction/${item.txid}`;
    case "output":
      return `output/${item.txid}/${item.index}`;
    case "script":
    case "lookup":
      return `${item.kind}/${bytesToHex(item.script)}`;
  }
}
