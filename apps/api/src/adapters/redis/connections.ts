import { Redis } from "ioredis";
import type { Logger } from "../../app/logger.ts";

/**
 * A connection whose commands fail at once while Redis is unavailable. Requests never wait for Redis, because orders work
 * without it.
 */
export function connectRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 500,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  return logOnce(redis, log);
}

/** A connection for a worker: it blocks while waiting for jobs, and reconnects until Redis is back. */
export function connectBlockingRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  return logOnce(redis, log);
}

/** Logs once when Redis becomes unavailable and once when it is back, not for every retry. */
function logOnce(redis: Redis, log: Logger): Redis {
  let unavailable = false;
  redis.on("error", (error: unknown) => {
    if (!unavailable) log.warn({ error }, "Redis is unavailable; orders continue without it");
    unavailable = true;
  });
  redis.on("ready", () => {
    if (unavailable) log.info("Redis is available again");
    unavailable = false;
  });
  return redis;
}
