import { Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "../../app/logger.ts";

const queueName = "orders";

export type OrderJobsOptions = {
  /** Fails fast; adds jobs. */
  readonly redis: Redis;
  /** Blocks; takes jobs. */
  readonly blockingRedis: Redis;
  /** Looks at one order and does what its state asks for. Safe to call at any time, any number of times, in parallel. */
  readonly advance: (orderId: string) => Promise<void>;
  readonly log: Logger;
  readonly concurrency: number;
};

export type OrderJobs = {
  /**
   * Asks that an order be looked at, now or after a while. Never fails: a wake-up that Redis does not take is done here,
   * and what gets lost after that the sweeper finds by its deadline.
   */
  readonly wake: (orderId: string, delayMs?: number) => void;
  /** Stops taking jobs and waits for those at work. */
  readonly close: () => Promise<void>;
};

/** A job means “look at order X”, never “do Y”: doing it twice, late or not at all costs time, not money. */
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
    // Told by the connection already.
  });
  const worker = new Worker(queueName, async (job) => safelyAdvance(orderIdOf(job.data)), {
    connection: blockingRedis,
    concurrency,
    skipWaitingForReady: true,
  });
  worker.on("error", () => {
    // Told by the connection already; the worker tries again by itself.
  });

  const local = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let closing = false;

  async function safelyAdvance(orderId: string | null): Promise<void> {
    if (orderId === null) return;
    try {
      await advance(orderId);
    } catch (error) {
      log.error({ error, orderId }, "an order could not be advanced; the sweeper tries again");
    }
  }

  function wakeHere(orderId: string, delayMs: number): void {
    if (closing) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const work = safelyAdvance(orderId).finally(() => local.delete(work));
      local.add(work);
    }, delayMs);
    timers.add(timer);
  }

  return {
    wake: (orderId, delayMs = 0) => {
      if (redis.status !== "ready") return wakeHere(orderId, delayMs);
      queue.add("wake", { orderId }, { delay: delayMs }).catch(() => wakeHere(orderId, delayMs));
    },
    close: async () => {
      closing = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.allSettled([...local, closeWithin(worker.close(), 10_000)]);
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
