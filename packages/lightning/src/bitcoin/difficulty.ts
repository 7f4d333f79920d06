import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { BlockHeader } from "./block-header.ts";
import { decodeBits, encodeBits } from "./target.ts";

/** Blocks from one change of the difficulty to the next. */
export const retargetInterval = 2_016;
/** Seconds that these blocks should take. */
const periodSeconds = 14 * 24 * 60 * 60;
/** A header's time must be later than the median of this many headers before it. */
const medianSpan = 11;
/** A header's time may be this far ahead of our clock. */
export const maxFutureSeconds = 2 * 60 * 60;
/** On test networks, a block this long after its parent may have the easiest target. */
const minimumDifficultyAfterSeconds = 20 * 60;
/** BIP 94: a period's first block may be this much earlier than its parent. */
const maxTimeWarpSeconds = 600;

/** A network's rules for headers. */
export type HeaderRules = {
  /** Compact form of the easiest target. */
  readonly limitBits: number;
  /** False on regtest: every block has the easiest target. */
  readonly retargets: boolean;
  /** Test networks: a block 20 minutes after its parent may have the easiest target. */
  readonly allowsMinimumDifficulty: boolean;
  /** BIP 94 (testnet4): retargets from the period's first block, and limits how far its time may go back. */
  readonly isBip94: boolean;
  /**
   * Where a wallet can no longer follow the links back (its first tip, and blocks below those it knows): a block that
   * this version must take for plausible. Not a rule of consensus.
   */
  readonly milestone?: Milestone;
};

type Milestone = {
  readonly height: number;
  readonly timeSeconds: number;
  /** No later block's target is easier than this, in compact form. */
  readonly easiestBits: number;
};

const limits = { mainnet: 0x1d00_ffff, signet: 0x1e03_77ae, regtest: 0x207f_ffff } as const;
const plain = { retargets: true, allowsMinimumDifficulty: false, isBip94: false } as const;

/**
 * The rules of each network. Signet's blocks must also be signed by its operators (BIP 325): the signature is in the
 * coinbase transaction, not in the header, and is not checked.
 */
export const headerRules = {
  bitcoin: {
    ...plain,
    limitBits: limits.mainnet,
    // block 800,000 has the target 0x17053894; four times that is a quarter of its difficulty
    milestone: { height: 800_000, timeSeconds: 1_690_168_629, easiestBits: 0x1714_e250 },
  },
  testnet: { ...plain, limitBits: limits.mainnet, allowsMinimumDifficulty: true },
  testnet4: { ...plain, limitBits: limits.mainnet, allowsMinimumDifficulty: true, isBip94: true },
  signet: { ...plain, limitBits: limits.signet },
  regtest: { ...plain, limitBits: limits.regtest, retargets: false },
} as const satisfies Readonly<Record<string, HeaderRules>>;

/** A block whose place in the chain is known, with all that the rules for its child need. */
export type ChainPoint = {
  readonly height: number;
  readonly hash: string;
  readonly timeSeconds: number;
  readonly bits: number;
  /** Expected hashes for this block and those before it, counted from the first point known. */
  readonly work: bigint;
  /** Times of this block and up to ten before it, oldest first. */
  readonly times: readonly number[];
  /** First block of this block's period; undefined while unknown. */
  readonly period: { readonly timeSeconds: number; readonly bits: number } | undefined;
  /** The last target in this period that is not a test network's easiest one. */
  readonly regularBits: number;
};

/** The header breaks a rule of consensus. Nothing of the branch it is in can be believed. */
export type HeaderErrorCode = "chain_header_invalid";

/** A block that is taken for part of the chain without a check. */
export function firstPoint(height: number, header: BlockHeader): ChainPoint {
  return pointOf(height, header, undefined);
}

/** The child of a point, without a check of its difficulty and time. `undefined` when it is not its child. */
export function trustedChild(parent: ChainPoint, header: BlockHeader): ChainPoint | undefined {
  if (header.previousHash !== parent.hash) return undefined;
  return pointOf(parent.height + 1, header, parent);
}

/** The child of a point, checked by every rule that headers have (`readBlockHeader` has checked its own work). */
export function checkedChild(
  parent: ChainPoint,
  header: BlockHeader,
  rules: HeaderRules,
  nowSeconds: number,
): Result<ChainPoint, HeaderErrorCode> {
  const height = parent.height + 1;
  if (header.previousHash !== parent.hash) {
    return invalid(height, "is not the child of the block before it");
  }
  if (header.timeSeconds > nowSeconds + maxFutureSeconds) {
    return invalid(height, "is more than two hours in the future of this device's clock");
  }
  // a median of fewer would be later than the real one
  if (parent.times.length === medianSpan && header.timeSeconds <= medianTime(parent)) {
    return invalid(height, "is not later than the median of the eleven blocks before it");
  }
  const isFirst = rules.retargets && height % retargetInterval === 0;
  if (isFirst && rules.isBip94 && header.timeSeconds < parent.timeSeconds - maxTimeWarpSeconds) {
    return invalid(height, "starts a period too far back in time");
  }
  const bits = requiredBits(parent, header.timeSeconds, rules);
  if (bits === undefined) {
    return invalid(height, "starts a period, and the first block of the one before is not known");
  }
  if (header.bits !== bits) {
    return invalid(
      height,
      `names the target ${header.bits.toString(16)} where the chain requires ${bits.toString(16)}`,
    );
  }
  return ok(pointOf(height, header, parent));
}

/** Compact target that a point's child must have. Undefined when that needs a period's start that is not known. */
export function requiredBits(
  parent: ChainPoint,
  timeSeconds: number,
  rules: HeaderRules,
): number | undefined {
  if (!rules.retargets) return rules.limitBits;
  if ((parent.height + 1) % retargetInterval !== 0) {
    if (!rules.allowsMinimumDifficulty) return parent.bits;
    return timeSeconds > parent.timeSeconds + minimumDifficultyAfterSeconds
      ? rules.limitBits
      : parent.bits === rules.limitBits
        ? parent.regularBits
        : parent.bits;
  }
  if (parent.period === undefined) return undefined;
  return retarget(
    rules.isBip94 ? parent.period.bits : parent.bits,
    parent.timeSeconds - parent.period.timeSeconds,
    rules.limitBits,
  );
}

/**
 * The next period's target. The span is measured from the period's first block to its last, which is one interval fewer
 * than the period has blocks: an error of the first release that is now a rule.
 */
export function retarget(bits: number, spanSeconds: number, limitBits: number): number {
  const span = Math.min(Math.max(spanSeconds, periodSeconds / 4), periodSeconds * 4);
  const target = (targetOf(bits) * BigInt(span)) / BigInt(periodSeconds);
  const limit = targetOf(limitBits);
  return encodeBits(target > limit ? limit : target);
}

/** Expected number of hashes for a block with this target. */
export function workOf(bits: number): bigint {
  return (1n << 256n) / (targetOf(bits) + 1n);
}

/** True when the header's target is not easier than any that this network, or its milestone, allows. */
export function isPlausibleTarget(bits: number, rules: HeaderRules): boolean {
  const target = decodeBits(bits);
  return (
    target !== undefined && target <= targetOf(rules.milestone?.easiestBits ?? rules.limitBits)
  );
}

/**
 * True when a block with this time can have this height. Blocks come every 600 seconds, on average a few percent
 * faster while the hashrate grows: 40,000 blocks after block 800,000 they were 2.5 % ahead.
 */
export function isPlausibleHeight(
  height: number,
  timeSeconds: number,
  { milestone }: HeaderRules,
): boolean {
  if (milestone === undefined) return true;
  const expected = ((timeSeconds - milestone.timeSeconds) * retargetInterval) / periodSeconds;
  return (
    expected > 0 &&
    Math.abs(height - milestone.height - expected) <= expected / 10 + retargetInterval
  );
}

function targetOf(bits: number): bigint {
  return decodeBits(bits) ?? 0n;
}

function medianTime({ times }: ChainPoint): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}

function pointOf(height: number, header: BlockHeader, parent: ChainPoint | undefined): ChainPoint {
  const { hash, timeSeconds, bits } = header;
  const isFirst = height % retargetInterval === 0;
  // of the test networks with such blocks
  const isEasiest = bits === headerRules.testnet.limitBits;
  return {
    height,
    hash,
    timeSeconds,
    bits,
    work: (parent?.work ?? 0n) + workOf(bits),
    times: [...(parent?.times ?? []), timeSeconds].slice(-medianSpan),
    period: isFirst ? { timeSeconds, bits } : parent?.period,
    regularBits: isFirst || !isEasiest || parent === undefined ? bits : parent.regularBits,
  };
}

function invalid(height: number, what: string) {
  return err("chain_header_invalid", `The chain server's block ${height} ${what}.`, "safe");
}
