import { connect } from "node:net";
import type { Socket } from "node:net";
import { ok } from "@satsconnect/money";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EsploraContext } from "../esplora/routes.ts";
import { createLogger } from "../logger.ts";
import type { GossipSnapshots } from "../lightning/gossip-snapshots.ts";
import { httpPolicy } from "../policy.ts";
import { serveEsplora } from "./esplora-server.ts";
import type { Health } from "./health.ts";
import type { HttpService } from "./listener.ts";
import { serveOperator } from "./operator-server.ts";

const logger = createLogger("silent");
const here = { host: "127.0.0.1", port: 0 };
const checks = { database: "ok", bitcoind: "ok", node: "ok", chain: "ok" } as const;
let health: Health;
let snapshots: GossipSnapshots["find"] | undefined;
let esplora: HttpService;
let operator: HttpService;
const sockets: Socket[] = [];
/** Ends the requests for fees that the Esplora port is answering. */
let finish: () => void;

beforeEach(async () => {
  snapshots = undefined;
  health = { status: "ok", ready: true, checks, chainProblem: null, paused: [] };
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const rpc: EsploraContext["rpc"] = {
    // The type of the answer is the caller's; an empty answer is an unknown fee.
    call: async () => {
      await finished;
      return ok({} as never);
    },
    batch: async () => {
      await finished;
      return ok([]);
    },
  };
  [esplora, operator] = await Promise.all([
    serveEsplora({
      listen: here,
      // Only the endpoint of fees is used here, and it needs nothing but Bitcoin Core.
      esplora: { network: "regtest", rpc } as EsploraContext,
      snapshots: { find: (since) => snapshots?.(since) },
      isProxy: (address) => address.startsWith("127.77."),
      logger,
    }),
    serveOperator({
      listen: here,
      health: async () => health,
      metrics: { text: async () => "# metrics", contentType: "text/plain" },
      logger,
    }),
  ]);
});
afterEach(async () => {
  finish();
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all([esplora.close(), operator.close()]);
});

/** A connection from another loopback address that has sent this much, and does not read. */
function hostile(service: HttpService, text: string, localAddress = "127.66.6.6"): Socket {
  const socket = connect({ port: service.port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  socket.resume();
  if (text !== "") socket.write(text);
  sockets.push(socket);
  return socket;
}
const slowPost = "POST /esplora/tx HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n0";
const fees = "GET /esplora/fee-estimates HTTP/1.1\r\nHost: x\r\n\r\n";
const at = (service: HttpService, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${String(service.port)}${path}`, init);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the operator's port", () => {
  test("answers /health with 200 only when ready, and /metrics", async () => {
    expect((await at(operator, "/health")).status).toBe(200);
    health = { ...health, status: "standby", ready: false };
    expect((await at(operator, "/health")).status).toBe(503);
    expect(await (await at(operator, "/metrics")).text()).toBe("# metrics");
    expect((await at(operator, "/health", { method: "POST" })).status).toBe(405);
    expect((await at(operator, "/esplora/blocks/tip/height")).status).toBe(404);
  });

  test("is not the port that wallets reach", async () => {
    for (const path of ["/health", "/metrics"]) expect((await at(esplora, path)).status).toBe(404);
  });

  test("answers while the Esplora port is full", async () => {
    for (let index = 0; index < 200; index++) hostile(esplora, index % 2 === 0 ? slowPost : fees);
    await pause(200);
    expect((await at(operator, "/health")).status).toBe(200);
    expect((await at(operator, "/metrics")).status).toBe(200);
  });
});

describe("the Esplora port", () => {
  test("answers others while one range sends 200 bodies slowly", async () => {
    for (let index = 0; index < 200; index++) hostile(esplora, slowPost);
    await pause(200);
    finish();
    expect((await at(esplora, "/esplora/fee-estimates")).status).toBe(200);
    // The body was read: it is judged, and not turned away with 503.
    const sent = await at(esplora, "/esplora/txs/package", { method: "POST", body: "{" });
    expect(sent.status).toBe(400);
  });

  test("gives one range a share of its answers, behind a trusted proxy too", async () => {
    for (let index = 0; index < 100; index++) hostile(esplora, fees);
    const forwarded = fees.replace("\r\n\r\n", "\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
    for (let index = 0; index < 100; index++) hostile(esplora, forwarded, "127.77.0.1");
    await pause(200);
    const answer = at(esplora, "/esplora/fee-estimates");
    // both ranges have their 32, so all 64 are taken: only the limit of all answers turns others away
    expect((await answer).status).toBe(503);
    for (const socket of sockets.splice(0, 100)) socket.destroy();
    finish();
    await pause(50);
    expect((await at(esplora, "/esplora/fee-estimates")).status).toBe(200);
  });

  test("drops slow headers and bodies within seconds", { timeout: 30_000 }, async () => {
    const slow = [
      hostile(esplora, ""),
      hostile(esplora, "GET /esplora/x HTTP/1.1\r\nHost"),
      hostile(esplora, slowPost),
      hostile(operator, "GET /health"),
    ];
    await pause(httpPolicy.requestTimeoutMs + 2 * httpPolicy.checkIntervalMs);
    expect(slow.map((socket) => socket.closed || socket.readableEnded)).toEqual(
      slow.map(() => true),
    );
  });

  test("refuses a body larger than any that is relayed, announced or not", async () => {
    const body = "0".repeat(httpPolicy.maxBodyBytes + 1);
    expect((await at(esplora, "/esplora/tx", { method: "POST", body })).status).toBe(413);
    const stream = new Blob([body]).stream();
    const init = { method: "POST", body: stream, duplex: "half" } as RequestInit;
    const status = await at(esplora, "/esplora/tx", init).then(
      (response) => response.status,
      () => "closed",
    );
    expect([413, "closed"]).toContain(status);
  });
});

describe("gossip snapshots", () => {
  const path = "/esplora/gossip/snapshot/";
  const snapshot = (text: string) => ({ body: Buffer.from(text), etag: `"${text}"` });

  test("are served by time, with their length and an ETag", async () => {
    expect((await at(esplora, `${path}0`)).status).toBe(503);
    snapshots = (since) => snapshot(since === 0 ? "everything" : `since ${since}`);
    const full = await at(esplora, `${path}0`);
    expect(full.status).toBe(200);
    expect(full.headers.get("content-length")).toBe("10");
    expect(full.headers.get("content-type")).toBe("application/octet-stream");
    expect(full.headers.get("cache-control")).toBe("public, max-age=60");
    expect(full.headers.get("access-control-allow-origin")).toBe("*");
    expect(await full.text()).toBe("everything");
    expect(await (await at(esplora, `${path}1767225600`)).text()).toBe("since 1767225600");
    const headers = { "if-none-match": '"everything"' };
    expect((await at(esplora, `${path}0`, { headers })).status).toBe(304);
    const head = await at(esplora, `${path}0`, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("10");
    expect((await at(esplora, `${path}0`, { method: "POST", body: "x" })).status).toBe(405);
    for (const wrong of ["", "-1", "12345678901", "0x1", "0/1"])
      expect((await at(esplora, `${path}${wrong}`)).status).toBe(404);
  });

  test("leave downloads for others when one range does not read its own", async () => {
    const large = Buffer.alloc(4 * 1024 * 1024);
    snapshots = () => ({ body: large, etag: '"large"' });
    for (let index = 0; index < 200; index++) {
      hostile(esplora, `GET ${path}0 HTTP/1.1\r\nHost: x\r\n\r\n`).pause();
    }
    await pause(500);
    const forwarded = await at(esplora, `${path}0`);
    expect(forwarded.status).toBe(200);
    expect((await forwarded.arrayBuffer()).byteLength).toBe(large.length);
  });
});
