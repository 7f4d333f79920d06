import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { OutboundPayment } from "../model/payment.ts";
import { paymentPolicy } from "../model/policy.ts";

type Entry = { readonly number: number; readonly createdAt: number; costMsat: bigint };

/** Reads outbound payments created since then from the store. */
type ReadSince = (sinceMs: number) => Promise<readonly OutboundPayment[]>;

/**
 * The cost of recent outbound payments, in memory: a limit for a day is checked before each payment, and must not read
 * the day's payments each time. The store is read once, when somebody first asks, and again only for an earlier time.
 */
export class SpendingWindow {
  readonly #read: ReadSince;
  /** By number, which is the order in which they were created. */
  #entries: Entry[] = [];
  readonly #byNumber = new Map<number, Entry>();
  /** All payments created since then are here; undefined until somebody has asked. */
  #completeSince: number | undefined;
  #loading: Promise<void> | undefined;
  /** Entries from this index on are in `#sumMsat`. */
  #head = 0;
  #sumMsat = 0n;

  constructor(read: ReadSince) {
    this.#read = read;
  }

  /** A payment was created or has changed. */
  note(payment: OutboundPayment): void {
    if (this.#completeSince === undefined && this.#loading === undefined) return;
    this.#put(payment);
  }

  /** Sum of the payments created since then that have not failed, with fees at their maximum until they are known. */
  async since(sinceMs: number, inMemory: () => readonly OutboundPayment[]): Promise<Msat> {
    while (this.#completeSince === undefined || sinceMs < this.#completeSince) {
      await (this.#loading ?? this.#load(sinceMs, inMemory));
    }
    this.#moveHead(sinceMs);
    this.#trim(sinceMs);
    return msat(this.#sumMsat);
  }

  async #load(sinceMs: number, inMemory: () => readonly OutboundPayment[]): Promise<void> {
    const load = async (): Promise<void> => {
      // what is written from now on is noted, so that it is newer than what the store returns
      for (const payment of inMemory()) this.#put(payment);
      for (const payment of await this.#read(sinceMs)) {
        if (!this.#byNumber.has(payment.number)) this.#put(payment);
      }
      this.#completeSince = sinceMs;
    };
    this.#loading = load();
    try {
      await this.#loading;
    } finally {
      this.#loading = undefined;
    }
  }

  #put(payment: OutboundPayment): void {
    const costMsat =
      payment.state === "failed"
        ? 0n
        : payment.amountMsat + (payment.feeMsat ?? payment.maxFeeMsat);
    const known = this.#byNumber.get(payment.number);
    if (known !== undefined) {
      if (this.#indexOf(known.number) >= this.#head) this.#sumMsat += costMsat - known.costMsat;
      known.costMsat = costMsat;
      return;
    }
    const entry = { number: payment.number, createdAt: payment.createdAt, costMsat };
    const at = this.#indexOf(payment.number);
    this.#entries.splice(at, 0, entry);
    this.#byNumber.set(entry.number, entry);
    if (at < this.#head) this.#head += 1;
    else this.#sumMsat += costMsat;
  }

  /** The index of the first entry with this number or a higher one. */
  #indexOf(number: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.number ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #moveHead(sinceMs: number): void {
    for (;;) {
      const next = this.#entries[this.#head];
      if (next === undefined || next.createdAt >= sinceMs) break;
      this.#sumMsat -= next.costMsat;
      this.#head += 1;
    }
    for (;;) {
      const previous = this.#entries[this.#head - 1];
      if (previous === undefined || previous.createdAt < sinceMs) break;
      this.#sumMsat += previous.costMsat;
      this.#head -= 1;
    }
  }

  /** Forgets what nobody is likely to ask for again. Callers with clocks a little apart do not make it read again. */
  #trim(sinceMs: number): void {
    const { spendingMarginMs, spendingTrimEntries } = paymentPolicy;
    const keepSince = sinceMs - spendingMarginMs;
    const [first] = this.#entries;
    if (this.#head < spendingTrimEntries || first === undefined || first.createdAt >= keepSince) {
      return;
    }
    let count = 0;
    while (count < this.#head && (this.#entries[count]?.createdAt ?? keepSince) < keepSince) {
      count += 1;
    }
    for (const { number } of this.#entries.splice(0, count)) this.#byNumber.delete(number);
    this.#head -= count;
    this.#completeSince = Math.max(this.#completeSince ?? keepSince, keepSince);
  }
}
