import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** Whose budget: an address on the network, a wallet, or a phone that would be prompted. */
export type RateLimitName = "address" | "login" | "wallet" | "money" | "prompt" | "backup";

/** How many in how long. `prompt` protects strangers from prompts on their phones. */
const budgets: Record<RateLimitName, { readonly points: number; readonly seconds: number }> = {
  address: { points: 600, seconds: 60 },
  login: { points: 30, seconds: 60 },
  wallet: { points: 240, seconds: 60 },
  money: { points: 30, seconds: 60 },
  prompt: { points: 6, seconds: 600 },
  // A payment takes about five writes.
  backup: { points: 900, seconds: 60 },
};

export type RateLimits = {
  /** Errors: `rate_limited`, with the seconds to wait. */
  readonly consume: (
    name: RateLimitName,
    key: string,
  ) => Promise<Result<void, "rate_limited"> & { readonly retryAfterSeconds?: number }>;
};

/**
 * Budgets are shared through Redis. While it is away every process counts by itself: nobody is locked out of their
 * money because a cache is down, and nobody gets more than one budget a process either.
 */
export function createRateLimits(redis: Redis, factor: number): RateLimits {
  const limiters = new Map(
    Object.entries(budgets).map(([name, { points, seconds }]) => {
      const options = { keyPrefix: `rate:${name}`, points: points * factor, duration: seconds };
      const insuranceLimiter = new RateLimiterMemory(options);
      return [
        name,
        new RateLimiterRedis({
          ...options,
          storeClient: redis,
          insuranceLimiter,
          rejectIfRedisNotReady: true,
        }),
      ];
    }),
  );
  return {
    consume: async (name, key) => {
      const limiter = limiters.get(name);
      if (limiter === undefined) throw new Error(`There is no budget named ${name}`);
      try {
        await limiter.consume(key);
        return ok(undefined);
      } catch (rejection) {
        if (!(rejection instanceof RateLimiterRes)) throw rejection;
        const retryAfterSeconds = Math.max(1, Math.ceil(rejection.msBeforeNext / 1_000));
        return {
          ...err("rate_limited", `Too many requests. Try again in ${retryAfterSeconds} s.`, "safe"),
          retryAfterSeconds,
        };
      }
    },
  };
}
