import type { RailBudget } from "../app/rail-budget.ts";

/** A budget for a single process without a limit; only pauses count. */
export function createMemoryRailBudget(now: () => number): RailBudget {
  const pausedUntil = new Map<string, number>();
  return {
    take: async (shortcode) => Math.max(0, (pausedUntil.get(shortcode) ?? 0) - now()),
    pause: async (shortcode, milliseconds) => {
      pausedUntil.set(shortcode, now() + milliseconds);
    },
  };
}
