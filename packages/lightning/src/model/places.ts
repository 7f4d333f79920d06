/** What holds a place. The same object is given to `admit` and `leave`. */
export type PlaceHolder = {
  /** The address range (`addressRange`); undefined where addresses mean nothing, which makes it a range of its own. */
  readonly range: string | undefined;
  /** True for somebody whom we know: a number of places is kept for them. */
  known: boolean;
  /** When it came or was last active, in milliseconds since 1970. Whoever has been idle longest gives up first. */
  since: number;
  /** Closes it. It has left its place when this is called. */
  readonly drop: () => void;
};

export type PlaceLimits = {
  readonly total: number;
  /** Places of `total` that the unknown can never take from the known. The unknown have the others to themselves. */
  readonly keptForKnown: number;
  /**
   * A holder younger than this is not made to give up its place for a newcomer of an equal claim. Otherwise a crowd of
   * honest newcomers would displace one another before any of them had been served.
   */
  readonly graceMs: number;
};

/**
 * A limited number of places for connections. While there are free places, everybody gets one. When there are none, a
 * newcomer takes the place of another holder: known and unknown each keep their own share, within the share the address
 * range with the most places gives one up, and within the range whoever has been idle longest. A flood from few ranges
 * therefore displaces only itself.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #now: () => number;
  readonly #holders = new Set<PlaceHolder>();

  constructor(limits: PlaceLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#holders.size;
  }

  /** Gives the newcomer a place; false when it must be turned away. */
  admit(newcomer: PlaceHolder): boolean {
    if (this.#holders.size >= this.#limits.total) {
      const loser = this.#loserTo(newcomer);
      if (loser === undefined) return false;
      this.#holders.delete(loser);
      loser.drop();
    }
    this.#holders.add(newcomer);
    return true;
  }

  leave(holder: PlaceHolder): void {
    this.#holders.delete(holder);
  }

  #loserTo(newcomer: PlaceHolder): PlaceHolder | undefined {
    const { total, keptForKnown, graceMs } = this.#limits;
    const equals: PlaceHolder[] = [];
    const others: PlaceHolder[] = [];
    let mine = 0;
    for (const holder of this.#holders) {
      (holder.known === newcomer.known ? equals : others).push(holder);
      if (holder.known === newcomer.known && sameRange(holder.range, newcomer.range)) mine += 1;
    }
    const share = newcomer.known ? keptForKnown : total - keptForKnown;
    // within its share the newcomer has the better claim: the others hold more than theirs
    if (equals.length < share) return largestRange(others)?.oldest;
    const largest = largestRange(equals);
    if (largest === undefined) return undefined;
    const { oldest, count } = largest;
    // a range that holds more than the newcomer's would then hold gives one up at once
    const isUnfair = !sameRange(oldest.range, newcomer.range) && count > mine + 1;
    return isUnfair || this.#now() - oldest.since >= graceMs ? oldest : undefined;
  }
}

function sameRange(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one === other;
}

type RangeUse = { count: number; oldest: PlaceHolder };

/** The range with the most holders, and its holder that has been idle longest. Among equal ranges the longest idle one. */
function largestRange(holders: readonly PlaceHolder[]): RangeUse | undefined {
  const ranges = new Map<string | PlaceHolder, RangeUse>();
  for (const holder of holders) {
    const use = ranges.get(holder.range ?? holder);
    if (use === undefined) {
      ranges.set(holder.range ?? holder, { count: 1, oldest: holder });
      continue;
    }
    use.count += 1;
    if (holder.since < use.oldest.since) use.oldest = holder;
  }
  let largest: RangeUse | undefined;
  for (const use of ranges.values()) {
    const isLarger =
      largest === undefined ||
      use.count > largest.count ||
      (use.count === largest.count && use.oldest.since < largest.oldest.since);
    if (isLarger) largest = use;
  }
  return largest;
}
