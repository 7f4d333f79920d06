import { fiat, formatFiat } from "@satsconnect/money";
import type { Comparison } from "../reconciliation/ports.ts";
import { alarmPolicy } from "../../domain/policy.ts";
import type { AlarmCheck, Finding } from "./alarms.ts";

/** Figures for alarms. No read takes longer the older the system is. */
export type AlarmStore = {
  /** Open cases, at most 1,000 counted, and when the oldest was opened. */
  readonly openCases: () => Promise<{ readonly count: number; readonly oldestAt: number | null }>;
  /** Cents of the sells that were paid out of those opened since. */
  readonly paidOutSince: (since: number) => Promise<bigint>;
  /** Cents that can be paid out now. */
  readonly floatCents: () => Promise<bigint>;
  /** Codes with which M-Pesa refused payouts because of the operator's account, until one succeeds. */
  readonly railFaults: () => Promise<readonly { readonly code: string; readonly since: number }[]>;
  readonly addRailFault: (code: string, at: number) => Promise<void>;
  readonly clearRailFaults: () => Promise<void>;
};

export type MoneyChecksOptions = {
  readonly store: AlarmStore;
  /** The last comparison, of whichever process made it. */
  readonly comparisons: () => Promise<readonly Comparison[]>;
  readonly isOpeningBooked: () => Promise<boolean>;
  readonly floatAlarmHours: number;
  readonly now: () => number;
};

const hour = 3_600_000;

/** Checks of cases, books and float. */
export function moneyChecks(options: MoneyChecksOptions): readonly AlarmCheck[] {
  const { store, comparisons, isOpeningBooked, floatAlarmHours, now } = options;
  return [
    {
      name: "cases",
      find: async () => {
        const { count, oldestAt } = await store.openCases();
        if (oldestAt === null) return [];
        const old = now() - oldestAt > alarmPolicy.caseCriticalMs;
        return [
          {
            name: "case_open",
            severity: old ? "critical" : "warning",
            since: oldestAt,
            detail: `${count} cases are open. Resolve them, the oldest first.`,
          },
        ];
      },
    },
    {
      name: "books",
      find: async () => (await comparisons()).flatMap(bookFindings),
    },
    {
      name: "opening",
      find: async () =>
        (await isOpeningBooked())
          ? []
          : [
              {
                name: "books_not_opened",
                severity: "critical",
                afterMs: alarmPolicy.booksNotOpenedMs,
                detail:
                  "The opening balances are not booked, so no order is served. The initiator needs the permission for Account Balance, and the node funds.",
              },
            ],
    },
    { name: "float", find: () => floatFindings(store, floatAlarmHours, now()) },
  ];
}

function bookFindings({ figure, currency, ledger, actual, difference }: Comparison): Finding[] {
  if (difference === 0n) return [];
  return [
    {
      name: "books_differ",
      subject: figure,
      severity: "critical",
      // Orders in progress cause a difference for a short time.
      afterMs: alarmPolicy.booksDifferMs,
      detail: `${figure}: the ledger has ${ledger} ${unitOf(currency)}, the actual balance is ${actual}; difference ${difference}.`,
    },
  ];
}

function unitOf(currency: Comparison["currency"]): string {
  return currency === "KES" ? "cents" : "msat";
}

/** The need per hour is the larger of the last day's average and that of the last three hours. */
async function floatFindings(
  store: AlarmStore,
  alarmHours: number,
  now: number,
): Promise<readonly Finding[]> {
  const [day, recent, float] = await Promise.all([
    store.paidOutSince(now - 24 * hour),
    store.paidOutSince(now - 3 * hour),
    store.floatCents(),
  ]);
  const perHour = day / 24n > recent / 3n ? day / 24n : recent / 3n;
  if (perHour === 0n || float >= perHour * BigInt(alarmHours)) return [];
  const hours = float <= 0n ? 0n : float / perHour;
  return [
    {
      name: "float_low",
      severity: hours < BigInt(alarmHours) / 4n ? "critical" : "warning",
      detail: `The float of ${formatFiat("KES", fiat("KES", float < 0n ? 0n : float))} lasts ${hours} hours at ${formatFiat("KES", fiat("KES", perHour))} an hour. Top up the utility account.`,
    },
  ];
}
