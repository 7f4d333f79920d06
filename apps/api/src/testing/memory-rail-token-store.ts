import type { RailToken, RailTokenStore } from "../app/rail-tokens.ts";

/** A token store for one process. */
export function createMemoryRailTokenStore(now: () => number): RailTokenStore {
  let current: RailToken | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: async () => current,
    replace: (stale, fetch) => {
      const mine = last.then(async () => {
        if (current !== null && current.generation !== stale) return current;
        const fresh = await fetch();
        if (fresh === null) return null;
        const obtainedAt = now();
        current = {
          token: fresh.token,
          generation: (current?.generation ?? 0n) + 1n,
          obtainedAt,
          expiresAt: obtainedAt + fresh.lifetimeMs,
        };
        return current;
      });
      last = mine.catch(() => {});
      return mine;
    },
  };
}
