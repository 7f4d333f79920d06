import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRateLimits } from "./rate-limits.ts";
import { createTestRedis } from "../../testing/redis.ts";
import type { TestRedis } from "../../testing/redis.ts";
import { startOrderJobs } from "./order-jobs.ts";
import type { OrderJobs } from "./order-jobs.ts";
import { connectBlockingRedis, connectRedis } from "./connections.ts";

const log = pino({ level: "silent" });
let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let blockingRedis: ReturnType<typeof connectBlockingRedis>;
let jobs: OrderJobs;
let advanced: string[];
let failing = false;

beforeAll(async () => {
  server = await createTestRedis();
}, 30_000);
afterAll(() => server.kill());

beforeEach(async () => {
  advanced = [];
  failing = false;
  redis = connectRedis(server.url, log);
  blockingRedis = connectBlockingRedis(server.url, log);
  await until(() => redis.status === "ready");
  jobs = startOrderJobs({
    redis,
    blockingRedis,
    advance: async (orderId) => {
      advanced.push(orderId);
      if (failing) throw new Error("a bug");
    },
    log,
    concurrency: 4,
  });
});
afterEach(async () => {
  await jobs.close();
  redis.disconnect();
  blockingRedis.disconnect();
}, 30_000);

async function until(condition: () => boolean, milliseconds = 10_000): Promise<void> {
  for (const end = Date.now() + milliseconds; !condition();) {
    if (Date.now() > end) throw new Error(`The condition did not hold within ${milliseconds} ms`);
    await sleep(10);
  }
}

describe("order jobs", () => {
  test("advance an order at once or after a delay", async () => {
    const [soon, later] = [randomUUID(), randomUUID()];
    jobs.wake(later, 400);
    jobs.wake(soon);
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(2);
    expect(advanced).toEqual([soon, later]);
  });

  test("44: advance an order twice when it is woken twice", async () => {
    const orderId = randomUUID();
    jobs.wake(orderId);
    jobs.wake(orderId);
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(2);
  });

  test("continue after an order that fails to advance", async () => {
    failing = true;
    jobs.wake(randomUUID());
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(1);
    failing = false;
    jobs.wake(randomUUID());
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(2);
  });

  test("45: continue after Redis lost all its data", async () => {
    jobs.wake(randomUUID());
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(1);
    await redis.flushall();
    jobs.wake(randomUUID());
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(2);
  });

  test("run in the process while Redis is unreachable, and through Redis once it is back", async () => {
    await server.kill();
    await until(() => redis.status !== "ready");
    jobs.wake(randomUUID());
    jobs.wake(randomUUID(), 50);
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(2);
    await server.start();
    await until(() => redis.status === "ready" && blockingRedis.status === "ready");
    jobs.wake(randomUUID());
    await expect.poll(() => advanced.length, { timeout: 20_000 }).toBe(3);
  }, 40_000);
});

describe("rate limits", () => {
  test("are shared by all processes through Redis", async () => {
    const other = connectRedis(server.url, log);
    await until(() => other.status === "ready");
    const [first, second] = [createRateLimits(redis, 1), createRateLimits(other, 1)];
    const msisdn = randomUUID();
    for (let count = 0; count < 3; count += 1) {
      expect((await first.consume("prompt", msisdn)).ok).toBe(true);
      expect((await second.consume("prompt", msisdn)).ok).toBe(true);
    }
    expect(await second.consume("prompt", msisdn)).toMatchObject({
      ok: false,
      error: { code: "rate_limited", retry: "safe" },
      retryAfterSeconds: expect.any(Number),
    });
    other.disconnect();
  });

  test("apply in each process while Redis is unreachable", async () => {
    const limits = createRateLimits(redis, 1);
    await server.kill();
    await until(() => redis.status !== "ready");
    try {
      const msisdn = randomUUID();
      const answers = [];
      for (let count = 0; count < 8; count += 1)
        answers.push((await limits.consume("prompt", msisdn)).ok);
      expect(answers).toEqual([true, true, true, true, true, true, false, false]);
    } finally {
      await server.start();
      await until(() => redis.status === "ready");
    }
  }, 30_000);
});
