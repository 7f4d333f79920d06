import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { err, ok } from "@satsconnect/money";
import { rateLimits } from "../../app/rate-limits.ts";
import type { RateLimits } from "../../app/rate-limits.ts";

/**
 * Rate limits shared by all processes through Redis. While Redis is unavailable, each process counts on its own and still
 * enforces the limit, so holders keep access to their money.
 * @param factor multiplies every limit; 1 in production.
 */
export function createRateLimits(redis: Redis, factor: number): RateLimits {
  const limiters = new Map(
    Object.entries(rateLimits).map(([name, { requests, seconds }]) => {
      const options = { keyPrefix: `rate:${name}`, points: requests * factor, duration: seconds };
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
      if (limiter === undefined) throw new Error(`There is no rate limit named ${name}`);
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
