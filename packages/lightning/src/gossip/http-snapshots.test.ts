import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { SimulatedClock } from "../simulation/clock.ts";
import { gossipPolicy } from "../model/policy.ts";
import { httpSnapshots } from "./http-snapshots.ts";
import type { HttpSnapshotsOptions } from "./http-snapshots.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function from(handle: RequestListener, options: Partial<HttpSnapshotsOptions> = {}) {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return httpSnapshots({ url: `http://127.0.0.1:${port}/snapshot/`, ...options });
}
const never = new AbortController().signal;

test("downloads what has changed since a time", async () => {
  const source = await from((request, response) => response.end(request.url));
  const answer = await source.snapshot(1_700_000_000, never);
  expect(answer.ok && Buffer.from(answer.bytes).toString()).toBe("/snapshot/1700000000");
});

test("stops reading a snapshot that is too large", async () => {
  let sent = 0;
  const source = await from(
    (_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        if (!response.destroyed) response.once("drain", write);
      };
      write();
    },
    { maxBytes: 100_000 },
  );
  expect(await source.snapshot(0, never)).toEqual({
    ok: false,
    reason: "The snapshot is larger than 100000 bytes.",
  });
  expect(sent).toBeLessThan(50_000_000);
});

test("reports a server without snapshots, and one that is down", async () => {
  const source = await from((_, response) => {
    response.statusCode = 503;
    response.end();
  });
  expect(await source.snapshot(0, never)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("status 503") as string,
  });
  const down = httpSnapshots({ url: "http://127.0.0.1:1/snapshot" });
  expect(await down.snapshot(0, never)).toMatchObject({ ok: false });
});

test("gives up when nothing arrives any more, and when the node stops", async () => {
  const clock = new SimulatedClock(0);
  const arrived = Promise.withResolvers<void>();
  const source = await from(
    (_, response) => {
      response.write("LDK");
      arrived.resolve();
    },
    { clock },
  );
  const stalled = source.snapshot(0, never);
  await arrived.promise;
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advance(gossipPolicy.stalledDownloadMs + 1);
  expect(await stalled).toMatchObject({ ok: false });
  const stop = new AbortController();
  const stopped = source.snapshot(0, stop.signal);
  stop.abort();
  expect(await stopped).toMatchObject({ ok: false });
});
