import { Redis } from "ioredis";
import type { Logger } from "../../app/logger.ts";

/**
 * A connection that fails fast: while Redis is away a command is refused at once instead of waiting, because nothing in
 * Redis is worth waiting for.
 */
export function connectRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 500,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  return reportOnce(redis, log);
}

/** A connection for a worker, which has to wait: it blocks for jobs and comes back whenever Redis does. */
export function connectBlockingRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  return reportOnce(redis, log);
}

/** One line when Redis goes and one when it comes back, however many times it is tried in between. */
function reportOnce(redis: Redis, log: Logger): Redis {
  let away = false;
  redis.on("error", (error: unknown) => {
    if (!away) log.warn({ error }, "redis cannot be reached; orders go on without it");
    away = true;
  });
  redis.on("ready", () => {
    if (away) log.info("redis is back");
    away = false;
  });
  return redis;
}
