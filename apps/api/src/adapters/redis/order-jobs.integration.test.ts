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
let seen: string[];
let fail = false;

beforeAll(async () => {
  server = await createTestRedis();
}, 30_000);
afterAll(() => server.kill());

beforeEach(async () => {
  seen = [];
  fail = false;
  redis = connectRedis(server.url, log);
  blockingRedis = connectBlockingRedis(server.url, log);
  await until(() => redis.status === "ready");
  jobs = startOrderJobs({
    redis,
    blockingRedis,
    advance: async (orderId) => {
      seen.push(orderId);
      if (fail) throw new Error("a bug");
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

async function until(holds: () => boolean, milliseconds = 10_000): Promise<void> {
  for (const end = Date.now() + milliseconds; !holds();) {
    if (Date.now() > end) throw new Error("It never came about");
    await sleep(10);
  }
}

describe("waking an order", () => {
  test("looks at it soon, or after a while", async () => {
    const [soon, later] = [randomUUID(), randomUUID()];
    jobs.wake(later, 400);
    jobs.wake(soon);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(2);
    expect(seen).toEqual([soon, later]);
  });

  test("twice looks twice: a wake-up while the order is at work is not lost", async () => {
    const orderId = randomUUID();
    jobs.wake(orderId);
    jobs.wake(orderId);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(2);
  });

  test("survives an order that cannot be advanced", async () => {
    fail = true;
    jobs.wake(randomUUID());
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(1);
    fail = false;
    jobs.wake(randomUUID());
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(2);
  });

  test("goes on after everything in Redis is gone", async () => {
    jobs.wake(randomUUID());
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(1);
    await redis.flushall();
    jobs.wake(randomUUID());
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(2);
  });

  test("works while Redis is away, and over Redis again when it is back", async () => {
    await server.kill();
    await until(() => redis.status !== "ready");
    jobs.wake(randomUUID());
    jobs.wake(randomUUID(), 50);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(2);
    await server.start();
    await until(() => redis.status === "ready" && blockingRedis.status === "ready");
    jobs.wake(randomUUID());
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(3);
  }, 40_000);
});

describe("rate limits", () => {
  test("are shared by all processes through Redis", async () => {
    const other = connectRedis(server.url, log);
    await until(() => other.status === "ready");
    const [mine, theirs] = [createRateLimits(redis, 1), createRateLimits(other, 1)];
    const msisdn = randomUUID();
    for (let count = 0; count < 3; count += 1) {
      expect((await mine.consume("prompt", msisdn)).ok).toBe(true);
      expect((await theirs.consume("prompt", msisdn)).ok).toBe(true);
    }
    expect(await theirs.consume("prompt", msisdn)).toMatchObject({
      ok: false,
      error: { code: "rate_limited", retry: "safe" },
      retryAfterSeconds: expect.any(Number),
    });
    other.disconnect();
  });

  test("still hold in each process while Redis is away", async () => {
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
