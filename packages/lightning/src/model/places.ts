/** A connection that holds a place. Pass the same object to `admit` and `leave`. */
export type PlaceHolder = {
  /** The address range (`addressRange`); undefined where addresses mean nothing, which makes it a range of its own. */
  readonly range: string | undefined;
  /** True for a known peer: a number of places is kept for known peers. */
  known: boolean;
  /** When it connected or was last active, in milliseconds since 1970. The longest idle connection is dropped first. */
  since: number;
  /** Closes the connection. It no longer holds its place when this is called. */
  readonly drop: () => void;
};

export type PlaceLimits = {
  readonly total: number;
  /** Places of `total` that unknown peers cannot take from known ones. Known peers cannot take the others from unknown ones. */
  readonly keptForKnown: number;
  /**
   * A connection that was active within this time is not dropped for a newcomer with no better claim. Otherwise many honest
   * peers that connect at once would displace one another before any of them is served.
   */
  readonly graceMs: number;
};

/**
 * A limited number of places for connections. Every newcomer gets a free place. Without one, a newcomer replaces another
 * connection: known and unknown peers each have a share; within the share, the address range with the most places loses
 * one; within the range, the connection that has been idle longest. A flood from few ranges therefore displaces only its
 * own connections.
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
