import type { Rate } from "@satsconnect/money";
import { exposureOf, taxesOf } from "../../domain/books/figures.ts";
import type { DayFigures, Exposure, TaxLine } from "../../domain/books/figures.ts";
import { backgroundIntervals } from "../../domain/policy.ts";
import type { Account } from "../../domain/postings.ts";
import type { RateSource } from "../orders/ports.ts";
import type { Comparison, ComparisonStore, Ledger } from "../reconciliation/ports.ts";
import type { BooksCounts, CountStore, FigureStore } from "./ports.ts";

type RatedExposure = Exposure & {
  /** The price and when it was formed; null if no price is available, and then value and gain are 0. */
  readonly rate: Rate<"KES"> | null;
  readonly asOf: number | null;
};

/** The state of the books for alarms: found out anew with each call, the same in every process. */
type BooksState = BooksCounts & {
  readonly isOpen: boolean;
  /** When the ledger was last compared with M-Pesa and the node; null before the first comparison. */
  readonly comparedAt: number | null;
  readonly comparisons: readonly Comparison[];
  /** Differences that were the same in the last two comparisons: no order in progress explains them. */
  readonly differences: readonly Comparison[];
};

export type BookFigures = {
  readonly days: (
    from: string,
    to: string,
  ) => Promise<readonly (DayFigures & { readonly taxes: readonly TaxLine[] })[]>;
  readonly exposure: () => Promise<RatedExposure>;
  readonly balances: () => Promise<ReadonlyMap<Account, bigint>>;
  /** The last comparison of the ledger with M-Pesa and the node. */
  readonly comparisons: () => Promise<readonly Comparison[]>;
  readonly state: () => Promise<BooksState>;
};

export function createBookFigures({
  store,
  counts,
  ledger,
  comparisons,
  rates,
}: {
  readonly store: FigureStore;
  readonly counts: CountStore;
  readonly ledger: Ledger;
  readonly comparisons: ComparisonStore;
  readonly rates: RateSource;
}): BookFigures {
  return {
    days: async (from, to) => {
      const taxRates = await store.taxRates();
      const days = await store.days(from, to);
      return days.map((figures) => ({ ...figures, taxes: taxesOf(figures, taxRates) }));
    },
    exposure: async () => {
      const [balances, price] = await Promise.all([ledger.balances(), rates.current()]);
      const balance = (account: Account) => balances.get(account) ?? 0n;
      if (price.ok) {
        const { rate, asOf } = price.value;
        return { ...exposureOf(balance, rate), rate, asOf };
      }
      return {
        positionMsat: 0n - balance("exchange_msat"),
        costKesCents: balance("exchange_kes"),
        valueKesCents: 0n,
        gainKesCents: 0n,
        rate: null,
        asOf: null,
      };
    },
    balances: ledger.balances,
    comparisons: async () => (await comparisons.latest(1))[0]?.comparisons ?? [],
    state: async () => {
      const [isOpen, [last, ...earlier], counted] = await Promise.all([
        ledger.isOpen(),
        comparisons.latest(6),
        counts.counts(),
      ]);
      // Two processes may have compared at the same moment.
      const before = earlier.find(
        ({ at }) => last !== undefined && at <= last.at - backgroundIntervals.comparisonMs / 2,
      );
      const differences = (last?.comparisons ?? []).filter(
        ({ figure, difference }) =>
          difference !== 0n &&
          before?.comparisons.some(
            (one) => one.figure === figure && one.difference === difference,
          ) === true,
      );
      return {
        ...counted,
        isOpen,
        comparedAt: last?.at ?? null,
        comparisons: last?.comparisons ?? [],
        differences,
      };
    },
  };
}
