import type { RailToken, RailTokenStore } from "../app/rail-tokens.ts";

/** A token store for a single process. */
export function createMemoryRailTokenStore(now: () => number): RailTokenStore {
  let current: RailToken | null = null;
  let previous: Promise<unknown> = Promise.resolve();
  return {
    read: async () => current,
    replace: (staleGeneration, fetch) => {
      const attempt = previous.then(async () => {
        if (current !== null && current.generation !== staleGeneration) return current;
        const fetched = await fetch();
        if (fetched === null) return null;
        const obtainedAt = now();
        current = {
          token: fetched.token,
          generation: (current?.generation ?? 0n) + 1n,
          obtainedAt,
          expiresAt: obtainedAt + fetched.lifetimeMs,
        };
        return current;
      });
      previous = attempt.catch(() => {});
      return attempt;
    },
  };
}
