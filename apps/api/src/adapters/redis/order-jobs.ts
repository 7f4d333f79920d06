import { Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "../../app/logger.ts";

const queueName = "orders";
const maxCloseMs = 10_000;

export type OrderJobsOptions = {
  /** Adds jobs. From `connectRedis`, which fails fast. */
  readonly redis: Redis;
  /** Waits for jobs. From `connectBlockingRedis`. */
  readonly blockingRedis: Redis;
  /** Wakes one order. Must be safe at any time, repeatedly, and in parallel. */
  readonly advance: (orderId: string) => Promise<void>;
  readonly log: Logger;
  readonly concurrency: number;
};

export type OrderJobs = {
  /**
   * Wakes an order now or after a delay. Never fails: without Redis this process wakes the order itself, and the sweeper
   * finds an order whose wake-up is lost.
   */
  readonly wake: (orderId: string, delayMs?: number) => void;
  /** Stops taking jobs and waits for running ones. */
  readonly close: () => Promise<void>;
};

/** A job only wakes an order. If it runs twice, late or never, the order is delayed, but no money is at risk. */
export function startOrderJobs({
  redis,
  blockingRedis,
  advance,
  log,
  concurrency,
}: OrderJobsOptions): OrderJobs {
  const queue = new Queue(queueName, {
    connection: redis,
    skipWaitingForReady: true,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
  });
  queue.on("error", () => {
    // Already logged by the connection's error handler.
  });
  const worker = new Worker(queueName, async (job) => advanceSafely(orderIdOf(job.data)), {
    connection: blockingRedis,
    concurrency,
    skipWaitingForReady: true,
  });
  worker.on("error", () => {
    // Already logged by the connection's error handler; the worker retries by itself.
  });

  const localWork = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let closing = false;

  async function advanceSafely(orderId: string | null): Promise<void> {
    if (orderId === null) return;
    try {
      await advance(orderId);
    } catch (error) {
      log.error({ error, orderId }, "order could not be advanced; the sweeper retries it");
    }
  }

  function wakeLocally(orderId: string, delayMs: number): void {
    if (closing) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const work = advanceSafely(orderId).finally(() => localWork.delete(work));
      localWork.add(work);
    }, delayMs);
    timers.add(timer);
  }

  return {
    wake: (orderId, delayMs = 0) => {
      if (redis.status !== "ready") return wakeLocally(orderId, delayMs);
      queue.add("wake", { orderId }, { delay: delayMs }).catch(() => wakeLocally(orderId, delayMs));
    },
    close: async () => {
      closing = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.allSettled([...localWork, closeWithin(worker.close(), maxCloseMs)]);
      await queue.close().catch(() => {});
    },
  };
}

function orderIdOf(data: unknown): string | null {
  if (typeof data !== "object" || data === null || !("orderId" in data)) return null;
  return typeof data.orderId === "string" ? data.orderId : null;
}

async function closeWithin(closing: Promise<void>, milliseconds: number): Promise<void> {
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, milliseconds);
  await Promise.race([closing.catch(() => {}), timer.promise]);
  clearTimeout(timeout);
}
