import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const valkeyScript = fileURLToPath(
  new URL("../../../../scripts/support/valkey.ts", import.meta.url),
);

/** A Redis server for one test file. It can be killed and restarted on the same port. */
export type TestRedis = {
  readonly url: string;
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
};

export async function createTestRedis(): Promise<TestRedis> {
  const port = await freePort();
  let child: ChildProcess | null = null;
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    start: async () => {
      const started = spawn(process.execPath, [valkeyScript, String(port)], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      child = started;
      for await (const chunk of started.stdout) if (String(chunk).includes("valkey ready")) break;
    },
    kill: async () => {
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null) return;
      running.kill("SIGKILL");
      await once(running, "exit");
    },
  };
  await redis.start();
  return redis;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
