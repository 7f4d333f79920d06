import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  createTowerClient,
  parseTowerAddress,
  requestDigest,
  towerKey,
} from "@satsconnect/contracts/watchtower";
import type { SignedRequest, TowerKey } from "@satsconnect/contracts/watchtower";
import { valueOf } from "@satsconnect/money";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfiguration } from "./config.ts";
import { createLogger } from "./logger.ts";
import { startWatchtower } from "./watchtower.ts";
import type { Watchtower } from "./watchtower.ts";

const newKey = (): TowerKey =>
  towerKey(new Uint8Array(randomBytes(32)), () => new Uint8Array(randomBytes(32)));
const sealed = (text: string): string => Buffer.from(text).toString("base64");

let folder = "";
let tower: Watchtower;

async function start(environment: Record<string, string> = {}): Promise<Watchtower> {
  const configuration = readConfiguration({
    HTTP_LISTEN: "127.0.0.1:0",
    DATA_FILE: path.join(folder, "watchtower.sqlite"),
    KEY_FILE: path.join(folder, "key"),
    ...environment,
  });
  return startWatchtower(configuration, createLogger("silent"));
}

/** The bytes that a client sent, for replays. */
type Sent = { readonly url: string; readonly body: string };

function clientOf(key: TowerKey, options: { now?: () => number; sent?: Sent[] } = {}) {
  return createTowerClient({
    address: valueOf(parseTowerAddress(tower.address)),
    key,
    now: options.now ?? Date.now,
    fetch: (input, init) => {
      options.sent?.push({ url: String(input), body: String(init?.body) });
      return fetch(input, init);
    },
  });
}

async function post(body: unknown): Promise<{ status: number; code: unknown }> {
  const response = await fetch(`${tower.url}/v1/requests`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { readonly code?: unknown; readonly body?: string };
  const { code } = (answer.body === undefined ? answer : JSON.parse(answer.body)) as {
    readonly code?: unknown;
  };
  return { status: response.status, code };
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "watchtower-"));
  writeFileSync(path.join(folder, "key"), randomBytes(32).toString("hex"), { mode: 0o600 });
  tower = await start();
});
afterEach(async () => {
  await tower.close();
  rmSync(folder, { recursive: true });
});

describe("the heads of backups", () => {
  test("are kept per wallet, and never replaced by an older one", async () => {
    const [one, other] = [clientOf(newKey()), clientOf(newKey())];
    expect(valueOf(await one.getHead())).toEqual({ head: null });
    const newest = { counter: 7, sealed: sealed("seven") };
    expect(valueOf(await one.putHead({ counter: 5, sealed: sealed("five") })).accepted).toBe(true);
    expect(valueOf(await one.putHead(newest))).toEqual({ accepted: true, head: newest });
    expect(valueOf(await one.putHead(newest)).accepted).toBe(true);
    const older = { counter: 6, sealed: sealed("six") };
    expect(valueOf(await one.putHead(older))).toEqual({ accepted: false, head: newest });
    const forked = { counter: 7, sealed: sealed("another seven") };
    expect(valueOf(await one.putHead(forked))).toEqual({ accepted: false, head: newest });
    expect(valueOf(await other.getHead())).toEqual({ head: null });
  });

  test("survive a restart of the watchtower", async () => {
    const key = newKey();
    const head = { counter: 1, sealed: sealed("one") };
    expect(valueOf(await clientOf(key).putHead(head)).accepted).toBe(true);
    await tower.close();
    tower = await start();
    expect(valueOf(await clientOf(key).getHead())).toEqual({ head });
  });
});

describe("a request", () => {
  test("is answered once: a replay is refused, also after a restart", async () => {
    const sent: Sent[] = [];
    const key = newKey();
    const client = clientOf(key, { sent });
    await client.putHead({ counter: 1, sealed: sealed("one") });
    await client.putHead({ counter: 2, sealed: sealed("two") });
    const requests = sent.map(({ body }) => JSON.parse(body) as unknown);
    for (const request of requests)
      expect(await post(request)).toEqual({ status: 200, code: "tower_sequence_used" });
    await tower.close();
    tower = await start();
    for (const request of requests)
      expect(await post(request)).toEqual({ status: 200, code: "tower_sequence_used" });
    expect(valueOf(await clientOf(key).getHead()).head?.counter).toBe(2);
  });

  test("of a device whose clock is behind is repeated with a sequence that the watchtower accepts", async () => {
    const key = newKey();
    await clientOf(key, { now: () => 9_000_000_000_000 }).getHead();
    const late = clientOf(key, { now: () => 1_000 });
    expect(valueOf(await late.putHead({ counter: 1, sealed: sealed("one") })).accepted).toBe(true);
    expect(valueOf(await late.getHead()).head?.counter).toBe(1);
  });

  test("of several clients with one key at the same moment is answered for each", async () => {
    const key = newKey();
    const now = Date.now();
    const clients = [0, 1, 2].map(() => clientOf(key, { now: () => now }));
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(clients.map((client) => client.getHead()));
      expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    }
  });

  test("is refused for another watchtower, with a changed field, or without a valid signature", async () => {
    const key = newKey();
    const { key: towerPublicKey } = valueOf(parseTowerAddress(tower.address));
    const body = JSON.stringify({ counter: 1, sealed: sealed("one") });
    const unsigned = {
      tower: towerPublicKey,
      key: key.publicKey,
      sequence: 5,
      action: "head.put",
      body,
    };
    const request: SignedRequest = { ...unsigned, signature: key.sign(requestDigest(unsigned)) };
    const changes: readonly Partial<SignedRequest>[] = [
      { sequence: 6 },
      { body: JSON.stringify({ counter: 2, sealed: sealed("one") }) },
      { action: "head.get" },
      { key: newKey().publicKey },
      { signature: "00".repeat(64) },
    ];
    for (const change of changes)
      expect(await post({ ...request, ...change })).toEqual({
        status: 401,
        code: "tower_signature_invalid",
      });
    expect(await post({ ...request, tower: newKey().publicKey })).toMatchObject({ status: 421 });
    expect(await post({ ...request, extra: 1 })).toMatchObject({ status: 400 });
    expect(await post(null)).toMatchObject({ status: 400 });
    expect(await post({ ...request, body: "x".repeat(70_000) })).toMatchObject({ status: 413 });
    expect(await post(request)).toEqual({ status: 200, code: undefined });
  });

  test("with an unknown action or wrong parameters is refused with a signed answer", async () => {
    const client = clientOf(newKey());
    const { z } = await import("zod");
    for (const [action, body] of [
      ["head.delete", {}],
      ["head.put", { counter: -1, sealed: sealed("one") }],
      ["head.put", { counter: 1, sealed: "not base64!" }],
      ["head.put", { counter: 1, sealed: "A".repeat(1_000) }],
      ["constructor", {}],
    ] as const)
      expect(await client.call(action, body, z.unknown())).toMatchObject({
        error: { code: "tower_refused" },
      });
  });

  test("gets no usable answer from a server that does not have the watchtower's key", async () => {
    const address = { ...valueOf(parseTowerAddress(tower.address)) };
    const impostor = createTowerClient({
      address,
      key: newKey(),
      now: Date.now,
      fetch: async () =>
        Response.json({
          body: JSON.stringify({ status: "ok", value: { head: null } }),
          signature: "00".repeat(64),
        }),
    });
    expect(await impostor.getHead()).toMatchObject({ error: { code: "tower_unreachable" } });
  });

  test("gets no usable answer if the answer to an earlier request is replayed", async () => {
    const key = newKey();
    const address = valueOf(parseTowerAddress(tower.address));
    let recorded: string | undefined;
    const replaying = createTowerClient({
      address,
      key,
      now: Date.now,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        recorded ??= await response.text();
        return new Response(recorded);
      },
    });
    expect(valueOf(await replaying.getHead())).toEqual({ head: null });
    expect(await replaying.getHead()).toMatchObject({ error: { code: "tower_unreachable" } });
  });
});

describe("appointments", () => {
  const appointment = (number: number) => ({
    channel: "01".repeat(16),
    locator: number.toString(16).padStart(32, "0"),
    blob: sealed("x".repeat(700)),
  });
  const adding = (...numbers: readonly number[]) => ({
    appointments: numbers.map(appointment),
    closed: [],
  });

  test("are refused without a chain source", async () => {
    expect(await clientOf(newKey()).addAppointments(adding(1))).toMatchObject({
      error: { code: "tower_refused" },
    });
  });

  test("are confirmed with a signed answer, kept over a restart, and bounded per wallet", async () => {
    await tower.close();
    // nobody listens there: appointments are kept before the chain has been read
    const environment = {
      ESPLORA_URL: "http://127.0.0.1:9",
      APPOINTMENT_KILOBYTES_PER_WALLET: "2",
    };
    tower = await start(environment);
    const key = newKey();
    const client = clientOf(key);
    expect(valueOf(await client.addAppointments(adding(1)))).toEqual({ watching: 1, height: 0 });
    expect(valueOf(await client.addAppointments(adding(1, 2)))).toEqual({ watching: 2, height: 0 });
    await tower.close();
    tower = await start(environment);
    const again = clientOf(key);
    expect(valueOf(await again.addAppointments(adding(1, 2)))).toEqual({ watching: 2, height: 0 });
    expect(await again.addAppointments(adding(3))).toMatchObject({
      error: { code: "tower_refused" },
    });
    const closed = { appointments: [], closed: ["01".repeat(16)] };
    expect(valueOf(await again.addAppointments(closed))).toEqual({ watching: 2, height: 0 });
    const other = clientOf(newKey());
    expect(valueOf(await other.addAppointments(adding(3)))).toEqual({ watching: 1, height: 0 });
  });
});

describe("the budgets", () => {
  test("bound the requests of an address range and the wallets that it registers", async () => {
    await tower.close();
    tower = await start({ NEW_WALLETS_PER_HOUR: "2", REQUESTS_PER_MINUTE: "6" });
    const [one, two, three] = [clientOf(newKey()), clientOf(newKey()), clientOf(newKey())];
    expect((await one.getHead()).ok).toBe(true);
    expect((await two.getHead()).ok).toBe(true);
    expect((await three.getHead()).ok).toBe(false);
    expect((await one.getHead()).ok).toBe(true);
    expect((await one.getHead()).ok).toBe(true);
    expect((await one.getHead()).ok).toBe(true);
    expect(await post({})).toEqual({ status: 429, code: "tower_rate_limited" });
  });

  test("bound the number of wallets", async () => {
    await tower.close();
    tower = await start({ MAXIMUM_WALLETS: "1" });
    const one = clientOf(newKey());
    expect((await one.getHead()).ok).toBe(true);
    expect((await clientOf(newKey()).getHead()).ok).toBe(false);
    expect((await one.getHead()).ok).toBe(true);
  });
});

describe("over HTTP", () => {
  test("browsers on any origin may send requests, and health is public", async () => {
    const preflight = await fetch(`${tower.url}/v1/requests`, { method: "OPTIONS" });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type");
    const health = await fetch(`${tower.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    expect((await fetch(`${tower.url}/heads`)).status).toBe(404);
  });

  test("refuses to start with a key that other users can read", async () => {
    writeFileSync(path.join(folder, "open"), randomBytes(32).toString("hex"), { mode: 0o644 });
    await expect(start({ KEY_FILE: path.join(folder, "open") })).rejects.toThrow("0600");
    await expect(start({ KEY_FILE: path.join(folder, "missing") })).rejects.toThrow("ENOENT");
  });
});
