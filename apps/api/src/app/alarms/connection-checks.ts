import type { RateSource } from "../orders/ports.ts";
import { alarmPolicy } from "../../domain/policy.ts";
import type { AlarmCheck } from "./alarms.ts";

export type ConnectionChecksOptions = {
  readonly rates: RateSource;
  /** Whether the engine answers. */
  readonly engineAnswers: () => Promise<boolean>;
  /** Whether the engine's payment events arrive. */
  readonly paymentEventsConnected: () => boolean;
};

/** Checks of the engine and the price feeds. */
export function connectionChecks(options: ConnectionChecksOptions): readonly AlarmCheck[] {
  const { rates, engineAnswers, paymentEventsConnected } = options;
  return [
    {
      name: "engine",
      find: async () => {
        const answers = await engineAnswers();
        if (answers && paymentEventsConnected()) return [];
        return [
          {
            name: "engine_away",
            severity: "critical",
            afterMs: alarmPolicy.engineAwayMs,
            detail: answers
              ? "The engine answers, but its payment events do not arrive."
              : "The engine does not answer. Payments of open orders wait; held payments have a deadline.",
          },
        ];
      },
    },
    {
      name: "feeds",
      find: async () => {
        const price = await rates.current();
        if (!price.ok) {
          return [
            {
              name: "feeds_apart",
              severity: "critical",
              afterMs: alarmPolicy.feedsApartMs,
              detail: "Too few price feeds agree, so nothing is quoted.",
            },
          ];
        }
        return price.value.sources
          .filter(({ used }) => !used)
          .map(({ source }) => ({
            name: "feed_unused",
            subject: source,
            severity: "warning",
            afterMs: alarmPolicy.feedUnusedMs,
            detail: `The price feed ${source} is old or far from the others, and is not used.`,
          }));
      },
    },
  ];
}
