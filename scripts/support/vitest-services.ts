import { rmSync } from "node:fs";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { ensureBitcoind } from "./bitcoind-program.ts";
import { cacheFolder } from "./paths.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";

/** Starts the services that integration tests share and sets `DATABASE_URL` and `REDIS_URL`. */
export async function setup(_project: TestProject): Promise<() => Promise<void>> {
  const folder = path.join(cacheFolder, `test-services-${String(process.pid)}`);
  await ensureBitcoind((line) => process.stderr.write(`${line}\n`));
  const [postgres, redis] = await Promise.all([startPostgres(folder), startRedis(folder)]);
  process.env["DATABASE_URL"] = postgres.url;
  process.env["REDIS_URL"] = redis.url;
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
}
