import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { decodeBits } from "../bitcoin/target.ts";
import { readBlockHeader } from "../bitcoin/block-header.ts";
import type { BlockHeader } from "../bitcoin/block-header.ts";
import { chainPolicy } from "../model/policy.ts";
import type {
  ChainConsumer,
  ChainErrorCode,
  ChainSetting,
  ChainSource,
  ChainTip,
} from "../ports/chain-source.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";

/** A chain source that can be compared with others. */
export type ComparableSource = ChainSource & {
  /** Where it is, for reports. */
  readonly name: string;
  /** A block's 80-byte header; undefined if the source does not know the block. */
  header(hash: string): Promise<Result<Uint8Array | undefined, ChainErrorCode>>;
  /** Forgets what it has reported to the core, because another source has reported to it meanwhile. */
  restart(): void;
};

export type SeveralSourcesOptions = {
  /** The first one is followed while it is alive and not behind. At least one. */
  readonly sources: readonly ComparableSource[];
  readonly clock: Clock;
  readonly logger: Logger;
};

const {
  compareSourcesEveryMs,
  switchSourceAfterMs,
  reportApartAfterMs,
  crossCheckEveryMs,
  maxComparedHeaders,
  staleTipMs,
  maxTargetRatio,
} = chainPolicy;

type Follower = {
  readonly source: ComparableSource;
  /** Since when its chain has had more work than the followed one. */
  aheadSince: number | undefined;
  /** Since when it has not shown the followed tip. */
  apartSince: number | undefined;
  reportedAt: number;
  crossCheckedAt: number;
};

/** How another source's chain relates to the followed one. */
type Verdict = "same" | "heavier" | "lighter" | "implausible";

/**
 * Several chain sources of different operators as one. One is followed. Another takes over when the followed one does
 * not answer, or when the other's chain has had more work for some minutes. Transactions go to all of them. What one
 * source withholds, another one tells: from time to time the core's watch list is asked of the others too. A source that
 * stays apart from the followed one is reported in the log.
 *
 * Work counts only when a block's target is at most a few times easier than that of the block both sources know: a block
 * that is cheap to make proves nothing.
 */
export function severalSources(options: SeveralSourcesOptions): ChainSource {
  return new SeveralSources(options);
}

class SeveralSources implements ChainSource {
  readonly follows = "transactions";
  readonly pollIntervalMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #followers: readonly Follower[];
  readonly #headers = new Map<string, BlockHeader>();
  #followed: Follower;
  #comparedAt = -Infinity;
  /** The last tip that was followed in this run. */
  #lastHeader: BlockHeader | undefined;

  constructor({ sources, clock, logger }: SeveralSourcesOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#followers = sources.map((source) => ({
      source,
      aheadSince: undefined,
      apartSince: undefined,
      reportedAt: -Infinity,
      crossCheckedAt: -Infinity,
    }));
    const first = this.#followers[0];
    if (first === undefined || sources.some(({ follows }) => follows !== "transactions"))
      throw new TypeError("several sources: at least one, and each over transactions");
    this.#followed = first;
    this.pollIntervalMs = Math.min(...sources.map(({ pollIntervalMs }) => pollIntervalMs));
  }

  tip(setting: ChainSetting): Promise<Result<ChainTip, ChainErrorCode>> {
    return this.#first(({ source }) => source.tip(setting));
  }

  async synchronise(core: ChainConsumer): Promise<Result<ChainTip, ChainErrorCode>> {
    const result = await this.#synchronise(core);
    if (!result.ok || this.#followers.length === 1) return result;
    this.#lastHeader = await this.#header(this.#followed, result.value.hash);
    const now = this.#clock.now();
    if (now - this.#comparedAt < compareSourcesEveryMs) return result;
    this.#comparedAt = now;
    const heavier = await this.#compare(result.value, core);
    if (heavier === undefined) return result;
    this.#switchTo(heavier, "its chain has more work");
    heavier.source.restart();
    return heavier.source.synchronise(core);
  }

  feeEstimates(): ReturnType<ChainSource["feeEstimates"]> {
    return this.#first(({ source }) => source.feeEstimates());
  }

  /** Succeeds when one source accepts; is rejected when every source that answers rejects. */
  async broadcast(transactions: readonly Uint8Array[]): ReturnType<ChainSource["broadcast"]> {
    const answers = this.#followers.map(({ source }) => source.broadcast(transactions));
    // one acceptance is enough, and must not wait for a source that is gone
    const accepted = new Promise<Awaited<(typeof answers)[number]>>((resolve) => {
      for (const answer of answers) void answer.then((one) => one.ok && resolve(one));
    });
    const refused = Promise.all(answers).then(
      (all) =>
        all.find(({ ok: isOk }) => isOk) ??
        all.find((one) => !one.ok && one.error.code === "broadcast_rejected") ??
        err("chain_unreachable", "No chain server answered.", "safe"),
    );
    return Promise.race([accepted, refused]);
  }

  watch(onChange: () => void, signal: AbortSignal): void {
    for (const { source } of this.#followers) source.watch(onChange, signal);
  }

  /** Synchronises with the followed source, or follows the first other one that answers and may be followed. */
  async #synchronise(core: ChainConsumer): Promise<Result<ChainTip, ChainErrorCode>> {
    const followed = this.#followed;
    const answer = await followed.source.synchronise(core);
    if (answer.ok) return answer;
    for (const other of this.#followers) {
      if (other === followed || !(await this.#mayFollow(other, core))) continue;
      other.source.restart();
      const second = await other.source.synchronise(core);
      if (!second.ok) continue;
      this.#switchTo(other, answer.error.message);
      return second;
    }
    return answer;
  }

  /**
   * False for a source whose tip was cheap to make, compared with the last tip of this run, or else with the core's best
   * block as that source knows it. A block that it does not know may have been reorganised away.
   */
  async #mayFollow(other: Follower, core: ChainConsumer): Promise<boolean> {
    const tip = await other.source.tip(core);
    if (!tip.ok) return false;
    const known =
      this.#lastHeader ?? (await this.#header(other, (await core.position()).bestBlock.hash));
    const header = await this.#header(other, tip.value.hash);
    return header !== undefined && (known === undefined || isPlausible(header, known));
  }

  /** Asks the followed source, and the others in turn while none answers. */
  async #first<Value>(
    ask: (follower: Follower) => Promise<Result<Value, ChainErrorCode>>,
  ): Promise<Result<Value, ChainErrorCode>> {
    const followed = this.#followed;
    const answer = await ask(followed);
    if (answer.ok) return answer;
    for (const other of this.#followers) {
      const second = other === followed ? answer : await ask(other);
      if (second.ok) return second;
    }
    return answer;
  }

  #switchTo(follower: Follower, reason: string): void {
    this.#logger.warn(
      { from: this.#followed.source.name, to: follower.source.name, reason },
      "following another chain server",
    );
    // what it has reported to the core may be undone by the other before it is followed again
    this.#followed.source.restart();
    this.#followed = follower;
    follower.aheadSince = undefined;
    follower.apartSince = undefined;
  }

  /** Compares all others with the followed tip. Returns one that has been heavier for long enough. */
  async #compare(tip: ChainTip, core: ChainConsumer): Promise<Follower | undefined> {
    const now = this.#clock.now();
    let chosen: Follower | undefined;
    for (const other of this.#followers) {
      if (other === this.#followed) continue;
      const theirs = await other.source.tip(core);
      const verdict = theirs.ok ? await this.#verdict(tip, other, theirs.value) : undefined;
      if (verdict === "same") {
        other.apartSince = undefined;
        await this.#crossCheck(other, tip, core);
      } else other.apartSince ??= now;
      if (verdict === "heavier") other.aheadSince ??= now;
      else other.aheadSince = undefined;
      if (other.aheadSince !== undefined && now - other.aheadSince >= switchSourceAfterMs)
        chosen ??= other;
      this.#report(other, tip, theirs.ok ? theirs.value : undefined, verdict ?? "unreachable");
    }
    return chosen;
  }

  #report(
    other: Follower,
    tip: ChainTip,
    theirs: ChainTip | undefined,
    verdict: Verdict | "unreachable",
  ): void {
    const now = this.#clock.now();
    if (other.apartSince === undefined || now - other.apartSince < reportApartAfterMs) return;
    if (now - other.reportedAt < reportApartAfterMs) return;
    other.reportedAt = now;
    const fields = {
      followed: this.#followed.source.name,
      height: tip.height,
      other: other.source.name,
      otherHeight: theirs?.height ?? null,
      verdict,
    };
    this.#logger.error(fields, "chain servers disagree");
  }

  /**
   * Reports to the core what another source on the same tip knows of its watch list. It only adds confirmations, each in
   * a block that was not cheap to make; it takes nothing back.
   */
  async #crossCheck(other: Follower, tip: ChainTip, core: ChainConsumer): Promise<void> {
    const now = this.#clock.now();
    if (now - other.crossCheckedAt < crossCheckEveryMs) return;
    other.crossCheckedAt = now;
    const best = await this.#header(other, tip.hash);
    if (best === undefined) return;
    const nothing = async (): Promise<void> => {};
    other.source.restart();
    await other.source.synchronise({
      network: core.network,
      now: () => core.now(),
      facts: () => core.facts(),
      position: () => core.position(),
      watchList: () => core.watchList(),
      block: nothing,
      disconnectTo: nothing,
      unconfirmed: nothing,
      tip: nothing,
      mempool: nothing,
      evicted: nothing,
      confirmed: async (height, header, transactions) => {
        const block = readBlockHeader(header);
        if (block !== undefined && isPlausible(block, best))
          await core.confirmed(height, header, transactions);
      },
    });
  }

  /** Compares the work of two chains since the last block that both have. */
  async #verdict(tip: ChainTip, other: Follower, theirs: ChainTip): Promise<Verdict> {
    if (tip.hash === theirs.hash) return "same";
    const ourBranch = [tip.hash];
    const theirBranch = [theirs.hash];
    for (let count = 0; count < maxComparedHeaders; count += 1) {
      const common = ourBranch.find((hash) => theirBranch.includes(hash));
      if (common !== undefined) {
        const ancestor = await this.#header(this.#followed, common);
        const ours = await this.#branch(this.#followed, ourBranch, common);
        const branch = await this.#branch(other, theirBranch, common);
        if (ancestor === undefined || ours === undefined || branch === undefined)
          return "implausible";
        if (!branch.every((header) => isPlausible(header, ancestor))) return "implausible";
        if (!ours.every((header) => isPlausible(header, ancestor))) return "heavier";
        return workOf(branch) > workOf(ours) ? "heavier" : "lighter";
      }
      // the branch that claims to be longer goes back first, then both
      const lead = theirs.height - theirBranch.length - (tip.height - ourBranch.length);
      if (lead >= 0 && !(await this.#stepBack(other, theirBranch))) return "implausible";
      if (lead <= 0 && !(await this.#stepBack(this.#followed, ourBranch))) return "implausible";
    }
    // no common block within a day: only a followed source that stands still is left for the other one
    const ours = await this.#header(this.#followed, tip.hash);
    const branch = await this.#branch(other, theirBranch, theirBranch.at(-1) ?? theirs.hash);
    const isStale = this.#clock.now() - tip.timeMs > staleTipMs;
    const isTheirsFresh = this.#clock.now() - theirs.timeMs <= staleTipMs;
    if (ours === undefined || branch === undefined || !isStale || !isTheirsFresh) return "lighter";
    return branch.every((header) => isPlausible(header, ours)) ? "heavier" : "implausible";
  }

  async #stepBack(follower: Follower, branch: string[]): Promise<boolean> {
    const header = await this.#header(follower, branch.at(-1) ?? "");
    if (header === undefined) return false;
    branch.push(header.previousHash);
    return true;
  }

  /** Headers of a branch above the common block. */
  async #branch(
    follower: Follower,
    hashes: readonly string[],
    common: string,
  ): Promise<readonly BlockHeader[] | undefined> {
    const headers: BlockHeader[] = [];
    for (const hash of hashes.slice(0, hashes.indexOf(common))) {
      const header = await this.#header(follower, hash);
      if (header === undefined) return undefined;
      headers.push(header);
    }
    return headers;
  }

  async #header({ source }: Follower, hash: string): Promise<BlockHeader | undefined> {
    const known = this.#headers.get(hash);
    if (known !== undefined) return known;
    const bytes = await source.header(hash);
    const header = bytes.ok && bytes.value !== undefined ? readBlockHeader(bytes.value) : undefined;
    if (header === undefined || header.hash !== hash) return undefined;
    if (this.#headers.size >= 4 * maxComparedHeaders) this.#headers.clear();
    this.#headers.set(hash, header);
    return header;
  }
}

function workOf(headers: readonly BlockHeader[]): bigint {
  return headers.reduce((sum, header) => sum + 2n ** 256n / (targetOf(header) + 1n), 0n);
}

/** The highest hash that the header allows itself: the lower, the more work. */
function targetOf({ bits }: BlockHeader): bigint {
  return decodeBits(bits) ?? 0n;
}

/** False for a block that was much cheaper to make than the one it is compared with. */
function isPlausible(header: BlockHeader, than: BlockHeader): boolean {
  return targetOf(header) <= targetOf(than) * maxTargetRatio;
}
