import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { readBlockHeader } from "../bitcoin/block-header.ts";
import type { BlockHeader } from "../bitcoin/block-header.ts";
import {
  checkedChild,
  firstPoint,
  headerRules,
  isPlausibleHeight,
  isPlausibleTarget,
  maxFutureSeconds,
  retargetInterval,
  trustedChild,
} from "../bitcoin/difficulty.ts";
import type { ChainPoint, HeaderRules } from "../bitcoin/difficulty.ts";
import { fromDisplayId, toDisplayId } from "../bitcoin/hash.ts";
import { rootOfBranch } from "../bitcoin/merkle.ts";
import { coinbaseHeight, transactionId } from "../bitcoin/transaction.ts";
import { ByteReader, ByteWriter } from "../encoding/byte-buffer.ts";
import { isHex } from "../encoding/bytes.ts";
import { chainPolicy } from "../model/policy.ts";
import type { ChainErrorCode, ChainSetting } from "../ports/chain-source.ts";

/** Where headers come from. Nothing of it is believed but what links to a known block. */
export type HeaderSource = {
  /** The header of that block, 80 bytes; undefined when the server has none. */
  readonly byHash: (hash: string) => Promise<Uint8Array | undefined>;
  /** Headers of the best chain from that height, oldest first: `count`, or fewer if the server has no more. */
  readonly from: (height: number, count: number) => Promise<readonly Uint8Array[]>;
  /** A block's coinbase transaction and its Merkle branch; undefined when the server has none (yet). */
  readonly coinbase: (
    hash: string,
  ) => Promise<{ readonly bytes: Uint8Array; readonly branch: readonly string[] } | undefined>;
};

/** A block, with the height that the server claims for it. */
export type ClaimedTip = { readonly height: number; readonly header: Uint8Array };

type Block = { readonly height: number; readonly hash: string };
type Checked<Value> = Result<Value, ChainErrorCode>;

/** Headers before a block that its rules look at. */
const lookBack = 10;
/** Blocks that may have left the best chain while this node was away, before its headers are sought by height. */
const staleDepth = 36;
const noBlock = "00".repeat(32);
/** Depths at which the point is sought where the server's chain leaves ours. */
const forkDepths = [0, 6, 36, chainPolicy.maxReorganisation] as const;

/**
 * The headers between the core's best block and the server's, each linked to the one before and checked by Bitcoin's
 * rules. The core's best block is trusted: it was checked when it became that. What is before it is known by its hash.
 *
 * A server that wants to show this wallet a block that is not Bitcoin's must do the work of a Bitcoin block for each,
 * at the difficulty of the day; to undo blocks the wallet knows, it must do more work than they have.
 */
export class HeaderChain {
  readonly #source: HeaderSource;
  readonly #setting: ChainSetting;
  readonly #rules: HeaderRules;
  /** The chain's last blocks, without a gap, oldest first. */
  #points: ChainPoint[] = [];
  /** Heights of all blocks linked by this process, by hash. */
  readonly #heights = new Map<string, number>();
  #lowest = Infinity;

  constructor(source: HeaderSource, setting: ChainSetting) {
    this.#source = source;
    this.#setting = setting;
    this.#rules = headerRules[setting.network];
  }

  /** The best block. */
  get best(): ChainPoint | undefined {
    return this.#points.at(-1);
  }

  /** Starts from the core's best block. `facts` are those that `facts` returned for it, if it has any. */
  async begin(block: Block, facts: Uint8Array | undefined): Promise<Checked<void>> {
    const stored = facts === undefined ? undefined : decodePoint(facts);
    if (stored?.hash === block.hash && stored.height === block.height) {
      this.#replace([stored]);
      return ok(undefined);
    }
    return this.#lookBack(block, 0);
  }

  /**
   * Starts a new node at a block of the server's. There is no block to link it to: its period's headers must link to it
   * and be valid, none easier than the milestone's. Its height must fit its time, and be the one that its coinbase
   * names: a wallet whose heights are wrong would let its HTLCs expire.
   */
  async beginAt(tip: ClaimedTip): Promise<Checked<void>> {
    const header = readBlockHeader(tip.header);
    if (header === undefined) return noHeader();
    if (!isPlausibleTarget(header.bits, this.#rules)) return tooEasy(header);
    if (!isPlausibleHeight(tip.height, header.timeSeconds, this.#rules)) {
      return invalid(`The chain server's block ${header.hash} cannot have height ${tip.height}.`);
    }
    const begun = await this.#lookBack({ height: tip.height, hash: header.hash }, 0);
    if (!begun.ok) return begun;
    const named = await this.#checkHeight(tip.height, header);
    if (!named.ok) return named;
    return header.timeSeconds > this.#nowSeconds + maxFutureSeconds
      ? invalid("The chain server's block is more than two hours in the future.")
      : ok(undefined);
  }

  /**
   * Follows the server to its best block. It becomes the best here when every header from a known block to it is valid,
   * and the chain has more work.
   */
  async advance(tip: ClaimedTip): Promise<Checked<ChainPoint>> {
    const header = readBlockHeader(tip.header);
    if (header === undefined || this.best === undefined) return noHeader();
    if (header.hash === this.best.hash) {
      return tip.height === this.best.height ? ok(this.best) : wrongHeight(tip.height, header);
    }
    const fork = await this.#forkOf(tip, header);
    if (!fork.ok) return fork;
    const branch = await this.#branch(fork.value, tip, header);
    if (!branch.ok) return branch;
    const top = branch.value.at(-1) ?? fork.value;
    if (top.work <= this.best.work) {
      return err(
        "chain_behind",
        `The chain server's best block ${tip.height} has no more work than block ${this.best.height}, known before.`,
        "safe",
      );
    }
    for (const { hash, height } of this.#points) {
      if (height > fork.value.height) this.#heights.delete(hash);
    }
    const kept = this.#points.filter(({ height }) => height <= fork.value.height);
    this.#replace([...kept, ...branch.value]);
    return ok(top);
  }

  /** True when the block is in the chain linked so far. */
  has(block: Block): boolean {
    return this.#heights.get(block.hash) === block.height;
  }

  /** Checks a block in which a transaction confirmed: its height, or, below the linked blocks, its difficulty. */
  checkConfirmation(height: number, header: BlockHeader): Checked<void> {
    const known = this.#heights.get(header.hash);
    if (known !== undefined) {
      return known === height ? ok(undefined) : wrongHeight(height, header);
    }
    if (height >= this.#lowest) {
      return err(
        "chain_inconsistent",
        `The chain server's block ${height} is not in its best chain, or the chain changed while it was read.`,
        "safe",
      );
    }
    return isPlausibleTarget(header.bits, this.#rules) ? ok(undefined) : tooEasy(header);
  }

  /**
   * True when a block in which the core saw a confirmation has left the chain. Blocks below the linked ones are
   * ancestors of one that was trusted when it became the best, and stay.
   */
  hasLeft(height: number, hash: string): boolean {
    return height >= this.#lowest && !this.#heights.has(hash);
  }

  /** State that a later process needs to continue from the best block. */
  facts(): Uint8Array {
    return this.best === undefined ? new Uint8Array() : encodePoint(this.best);
  }

  get #nowSeconds(): number {
    return Math.floor(this.#setting.now() / 1_000);
  }

  /** Checks the height by the coinbase of the block, or of the parent while the server has not indexed the block. */
  async #checkHeight(height: number, header: BlockHeader): Promise<Checked<void>> {
    const [parent] = this.#setting.network === "regtest" ? [] : await this.#parentOf(header);
    for (const [block, at] of [
      [header, height],
      [parent, height - 1],
    ] as const) {
      const coinbase = block === undefined ? undefined : await this.#source.coinbase(block.hash);
      if (block === undefined || coinbase === undefined) continue;
      const txid = transactionId(coinbase.bytes) ?? "";
      const isTheirs =
        coinbase.branch.every((hash) => isHex(hash, 32)) &&
        rootOfBranch(txid, 0, coinbase.branch) === block.merkleRoot;
      return isTheirs && coinbaseHeight(coinbase.bytes) === at
        ? ok(undefined)
        : invalid(`The chain server's block ${block.hash} does not say that its height is ${at}.`);
    }
    // on regtest blocks cost nothing, and many may come at once
    return this.#setting.network === "regtest"
      ? ok(undefined)
      : err("chain_inconsistent", "The chain server has no coinbase of its best block.", "safe");
  }

  async #parentOf(header: BlockHeader): Promise<readonly BlockHeader[]> {
    const bytes = await this.#source.byHash(header.previousHash);
    const parent = bytes === undefined ? undefined : readBlockHeader(bytes);
    return parent?.hash === header.previousHash ? [parent] : [];
  }

  /** Rebuilds the points from headers that link to a trusted block: `depth` points below it, and what they need. */
  async #lookBack(block: Block, depth: number): Promise<Checked<void>> {
    const lowest = Math.max(0, block.height - depth);
    const period = this.#rules.retargets ? lowest - (lowest % retargetInterval) : lowest;
    const start = Math.max(0, Math.min(period, lowest - lookBack));
    const range = await this.#range(start, block.height);
    const headers =
      range.ok && range.value.at(-1)?.hash === block.hash
        ? range
        : await this.#lookBackByHash(block, depth, period);
    if (!headers.ok) return headers;
    const first = block.height - headers.value.length + 1;
    const points: ChainPoint[] = [];
    for (const header of headers.value) {
      const parent = points.at(-1);
      const point =
        parent === undefined ? ok(firstPoint(first, header)) : this.#earlierChild(parent, header);
      if (!point.ok) return point;
      points.push(point.value);
    }
    this.#replace(points.slice(-depth - 1));
    return ok(undefined);
  }

  /** As the range by height, for a block that has left the best chain, or a chain that does not start at 0. */
  async #lookBackByHash(
    block: Block,
    depth: number,
    period: number,
  ): Promise<Checked<BlockHeader[]>> {
    const back = await this.#walkBack(block, Math.max(depth, staleDepth) + lookBack);
    const oldest = back.ok ? back.value[0] : undefined;
    if (!back.ok || oldest === undefined) return back;
    const first = block.height - back.value.length + 1;
    if (first <= period || oldest.previousHash === noBlock) return back;
    const before = await this.#range(period, first - 1);
    if (!before.ok) return before;
    return before.value.at(-1)?.hash === oldest.previousHash
      ? ok([...before.value, ...back.value])
      : notLinked();
  }

  /**
   * The child of a point below the trusted block. Where the start of the point's period is unknown, the links alone
   * count.
   */
  #earlierChild(parent: ChainPoint, header: BlockHeader): Checked<ChainPoint> {
    const needsPeriod =
      this.#rules.allowsMinimumDifficulty || (parent.height + 1) % retargetInterval === 0;
    if (this.#rules.retargets && needsPeriod && parent.period === undefined) {
      const point = trustedChild(parent, header);
      return point === undefined ? notLinked() : ok(point);
    }
    return checkedChild(parent, header, this.#rules, Number.MAX_SAFE_INTEGER);
  }

  /** The block's header and up to `count` before it, oldest first, each found by its hash. */
  async #walkBack(block: Block, count: number): Promise<Checked<BlockHeader[]>> {
    const headers: BlockHeader[] = [];
    for (let hash = block.hash; headers.length <= count && hash !== noBlock;) {
      const bytes = await this.#source.byHash(hash);
      const header = bytes === undefined ? undefined : readBlockHeader(bytes);
      if (header?.hash !== hash) {
        return err(
          "chain_inconsistent",
          "The chain server does not know this node's best block: it follows another chain.",
          "safe",
        );
      }
      headers.unshift(header);
      hash = header.previousHash;
    }
    return ok(headers);
  }

  /** The best chain's headers from one height to another, linked to each other. */
  async #range(from: number, to: number): Promise<Checked<BlockHeader[]>> {
    const { maxHeadersPerRequest, maxEsploraRequests } = chainPolicy;
    const headers: BlockHeader[] = [];
    while (from + headers.length <= to) {
      const starts = Array.from(
        { length: maxEsploraRequests },
        (_, at) => from + headers.length + at * maxHeadersPerRequest,
      ).filter((start) => start <= to);
      for (const next of await Promise.all(starts.map((start) => this.#read(start, to)))) {
        if (!next.ok) return next;
        for (const header of next.value) {
          const last = headers.at(-1);
          if (last !== undefined && header.previousHash !== last.hash) return notLinked();
          headers.push(header);
        }
      }
    }
    return ok(headers);
  }

  async #read(from: number, to: number): Promise<Checked<BlockHeader[]>> {
    const count = Math.min(to - from + 1, chainPolicy.maxHeadersPerRequest);
    const read = (await this.#source.from(from, count)).slice(0, count).map(readBlockHeader);
    const headers = read.filter((header) => header !== undefined);
    return headers.length < count ? noHeader() : ok(headers);
  }

  /** The last block that the server's chain and ours have in common. */
  async #forkOf(tip: ClaimedTip, header: BlockHeader): Promise<Checked<ChainPoint>> {
    const trusted = this.best;
    if (trusted === undefined) return noHeader();
    for (const depth of forkDepths) {
      const height = Math.max(0, Math.min(trusted.height, tip.height - 1) - depth);
      if (height < (this.#points[0]?.height ?? 0)) {
        const built = await this.#lookBack(trusted, trusted.height - height);
        if (!built.ok) return built;
      }
      // the chain may be shorter than that
      const ours = this.#points.find((point) => point.height >= height);
      if (ours === undefined || ours.height >= tip.height) break;
      const next =
        ours.height + 1 === tip.height
          ? ok([header])
          : await this.#read(ours.height + 1, ours.height + 1);
      if (!next.ok) return next;
      if (next.value[0]?.previousHash === ours.hash) return ok(ours);
    }
    return err(
      "chain_inconsistent",
      `The chain server's block ${tip.height} does not link to any of the last ${chainPolicy.maxReorganisation} blocks that this node knows.`,
      "safe",
    );
  }

  /** The valid headers after `fork` up to the tip. */
  async #branch(
    fork: ChainPoint,
    tip: ClaimedTip,
    header: BlockHeader,
  ): Promise<Checked<ChainPoint[]>> {
    const branch: ChainPoint[] = [];
    let last = fork;
    while (last.height < tip.height) {
      const next =
        last.height + 1 === tip.height
          ? ok([header])
          : await this.#read(last.height + 1, tip.height - 1);
      if (!next.ok) return next;
      for (const one of next.value) {
        // a wrong parent further up is a chain that changed while it was read
        if (one.previousHash !== last.hash) return notLinked();
        const point = checkedChild(last, one, this.#rules, this.#nowSeconds);
        if (!point.ok) return point;
        last = point.value;
        branch.push(last);
      }
    }
    return ok(branch);
  }

  #replace(points: ChainPoint[]): void {
    for (const { hash, height } of points) this.#heights.set(hash, height);
    this.#lowest = Math.min(this.#lowest, points[0]?.height ?? Infinity);
    this.#points = points.slice(-2 * chainPolicy.maxReorganisation);
  }
}

/** Little-endian, in the order of `ChainPoint`. The work is not kept: it is counted from the first point known. */
function encodePoint(point: ChainPoint): Uint8Array {
  const writer = new ByteWriter(128).u32(point.height).raw(fromDisplayId(point.hash));
  writer.u32(point.bits).u32(point.regularBits);
  writer.u32(point.period?.timeSeconds ?? 0).u32(point.period?.bits ?? 0);
  for (const time of point.times) writer.u32(time);
  return writer.take();
}

function decodePoint(bytes: Uint8Array): ChainPoint | undefined {
  if (bytes.length < 56 || bytes.length % 4 !== 0) return undefined;
  const reader = new ByteReader(bytes);
  const height = reader.u32();
  const hash = toDisplayId(reader.raw(32));
  const bits = reader.u32();
  const regularBits = reader.u32();
  const period = { timeSeconds: reader.u32(), bits: reader.u32() };
  const times: number[] = [];
  while (!reader.done) times.push(reader.u32());
  return {
    height,
    hash,
    timeSeconds: times.at(-1) ?? 0,
    bits,
    work: 0n,
    times,
    period: period.bits === 0 ? undefined : period,
    regularBits,
  };
}

function noHeader() {
  return err(
    "chain_inconsistent",
    "The chain server returned no header, or one without proof of work.",
    "safe",
  );
}

function notLinked() {
  return err(
    "chain_inconsistent",
    "The chain server's headers do not link to each other, or the chain changed while they were read.",
    "safe",
  );
}

function wrongHeight(height: number, { hash }: BlockHeader) {
  return err("chain_inconsistent", `The chain server's block ${hash} is not at ${height}.`, "safe");
}

function tooEasy({ hash }: BlockHeader) {
  return invalid(`The chain server's block ${hash} is easier than this network's blocks are.`);
}

function invalid(message: string) {
  return err("chain_header_invalid", message, "safe");
}
