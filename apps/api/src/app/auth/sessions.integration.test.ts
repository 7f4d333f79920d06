import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { err, ok } from "@satsconnect/money";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestNode, loginPayloadFor } from "../../testing/login.ts";
import { newTokenKey, writeTokenKeys } from "../../testing/token-keys.ts";
import { createAccessTokens } from "./access-token.ts";
import { lostAnswerGraceMs, refreshTokenLifetimeMs } from "./refresh-token.ts";
import { createSessionStore } from "../../adapters/postgres/session-store.ts";
import { createSessions } from "./sessions.ts";
import type { RegisterWallet, Sessions } from "./sessions.ts";
import { readTokenKeys } from "../../adapters/token-key-file.ts";

const audience = "http://127.0.0.1:3000";
let now = Date.parse("2026-11-23T09:00:00Z");
let testDatabase: TestDatabase;
let sessions: Sessions;
let engineReachable = true;
const registered: string[] = [];

const registerWallet: RegisterWallet = async (nodeId) => {
  registered.push(nodeId);
  return engineReachable
    ? ok(randomUUID())
    : err("engine_unavailable", "The Lightning node is unreachable.", "safe");
};

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const keys = await readTokenKeys(writeTokenKeys([newTokenKey("one")]));
  sessions = createSessions({
    store: createSessionStore(testDatabase.database),
    accessTokens: createAccessTokens(audience, () => keys),
    registerWallet,
    audience,
    now: () => now,
  });
});
afterAll(() => testDatabase.drop());

async function signIn(node = createTestNode(), deviceId = "device-one") {
  const session = await sessions.login(node.sign(loginPayloadFor(audience, now, deviceId)));
  if (!session.ok) throw new Error(session.error.message);
  return session.value;
}

async function refreshed(token: string) {
  const session = await sessions.refresh(token);
  if (!session.ok) throw new Error(session.error.code);
  return session.value;
}

describe("login", () => {
  test("registers a node once and returns the same wallet every time", async () => {
    const node = createTestNode();
    const first = await signIn(node);
    const second = await signIn(node);
    expect(second.walletId).toBe(first.walletId);
    expect(registered.filter((nodeId) => nodeId === node.nodeId)).toHaveLength(1);
    expect(await sessions.authenticate(first.accessToken)).toMatchObject({
      ok: true,
      value: { nodeId: node.nodeId, walletId: first.walletId },
    });
  });

  test("accepts a signed assertion only once", async () => {
    const assertion = createTestNode().sign(loginPayloadFor(audience, now));
    const answers = await Promise.all([sessions.login(assertion), sessions.login(assertion)]);
    expect(answers.filter(({ ok: signedIn }) => signedIn)).toHaveLength(1);
    expect(answers.find(({ ok: signedIn }) => !signedIn)).toMatchObject({
      error: { code: "assertion_replayed" },
    });
  });

  test("needs the engine for a new node and not for a registered one", async () => {
    const known = createTestNode();
    await signIn(known);
    engineReachable = false;
    try {
      const stranger = createTestNode().sign(loginPayloadFor(audience, now));
      expect(await sessions.login(stranger)).toMatchObject({
        error: { code: "engine_unavailable", retry: "safe" },
      });
      expect(await sessions.login(known.sign(loginPayloadFor(audience, now)))).toMatchObject({
        ok: true,
      });
    } finally {
      engineReachable = true;
    }
  });
});

describe("a refresh token", () => {
  test("is exchanged for a new one at every refresh", async () => {
    let session = await signIn();
    for (let round = 0; round < 3; round += 1) {
      now += 600_000;
      const next = await refreshed(session.refreshToken);
      expect(next.refreshToken).not.toBe(session.refreshToken);
      session = next;
    }
    expect(await sessions.authenticate(session.accessToken)).toMatchObject({ ok: true });
  });

  test("revokes the session when it is used again after its successor was used", async () => {
    const first = await signIn();
    const second = await refreshed(first.refreshToken);
    const third = await refreshed(second.refreshToken);
    expect(await sessions.refresh(first.refreshToken)).toMatchObject({
      error: { code: "refresh_token_reused" },
    });
    expect(await sessions.refresh(third.refreshToken)).toMatchObject({
      error: { code: "device_revoked" },
    });
    expect(await sessions.authenticate(third.accessToken)).toMatchObject({
      error: { code: "device_revoked" },
    });
  });

  test("can be used again within the grace period, which invalidates the token that was lost", async () => {
    const first = await signIn();
    const lost = await refreshed(first.refreshToken);
    now += lostAnswerGraceMs;
    const second = await refreshed(first.refreshToken);
    expect(await sessions.refresh(lost.refreshToken)).toMatchObject({
      error: { code: "refresh_token_invalid" },
    });
    expect(await sessions.refresh(second.refreshToken)).toMatchObject({ ok: true });
  });

  test("revokes the session when it is used again after the grace period", async () => {
    const first = await signIn();
    const second = await refreshed(first.refreshToken);
    now += lostAnswerGraceMs + 1;
    expect(await sessions.refresh(first.refreshToken)).toMatchObject({
      error: { code: "refresh_token_reused" },
    });
    expect(await sessions.refresh(second.refreshToken)).toMatchObject({
      error: { code: "device_revoked" },
    });
  });

  test("leaves exactly one valid successor when it is used five times at once", async () => {
    const first = await signIn();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => sessions.refresh(first.refreshToken)),
    );
    const issued = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    const valid = [];
    for (const session of issued) {
      const found = await testDatabase.database.query(
        "SELECT 1 FROM refresh_tokens WHERE hash = sha256($1)",
        [Buffer.from(session.refreshToken)],
      );
      if (found.rowCount === 1) valid.push(session);
    }
    expect(valid).toHaveLength(1);
  });

  test("expires, and is not stored in plain text", async () => {
    const { refreshToken } = await signIn();
    const { rows } = await testDatabase.database.query("SELECT t::text FROM refresh_tokens t");
    expect(JSON.stringify(rows)).not.toContain(refreshToken);
    now += refreshTokenLifetimeMs;
    expect(await sessions.refresh(refreshToken)).toMatchObject({
      error: { code: "refresh_token_invalid" },
    });
  });

  test("is refused when it was never issued", async () => {
    expect(await sessions.refresh(`scr_${"A".repeat(43)}`)).toMatchObject({
      error: { code: "refresh_token_invalid" },
    });
  });
});

describe("devices", () => {
  test("are listed and can be revoked one by one", async () => {
    const node = createTestNode();
    const phone = await signIn(node, "phone-one");
    const tablet = await signIn(node, "tablet-one");
    const principal = await sessions.authenticate(phone.accessToken);
    if (!principal.ok) throw new Error(principal.error.message);
    expect((await sessions.devices(principal.value)).map(({ id }) => id).sort()).toEqual(
      [phone.deviceId, tablet.deviceId].sort(),
    );
    expect(await sessions.revokeDevice(principal.value, tablet.deviceId)).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await sessions.authenticate(tablet.accessToken)).toMatchObject({
      error: { code: "device_revoked" },
    });
    expect(await sessions.refresh(tablet.refreshToken)).toMatchObject({
      error: { code: "device_revoked" },
    });
    expect(await sessions.revokeDevice(principal.value, tablet.deviceId)).toMatchObject({
      error: { code: "device_not_found" },
    });
  });

  test("of another wallet cannot be revoked", async () => {
    const own = await signIn();
    const other = await signIn();
    const principal = await sessions.authenticate(own.accessToken);
    if (!principal.ok) throw new Error(principal.error.message);
    expect(await sessions.revokeDevice(principal.value, other.deviceId)).toMatchObject({
      error: { code: "device_not_found" },
    });
    expect(await sessions.authenticate(other.accessToken)).toMatchObject({ ok: true });
  });

  test("lose access at once when they log out", async () => {
    const session = await signIn();
    const principal = await sessions.authenticate(session.accessToken);
    if (!principal.ok) throw new Error(principal.error.message);
    await sessions.logout(principal.value);
    expect(await sessions.authenticate(session.accessToken)).toMatchObject({
      error: { code: "device_revoked" },
    });
  });
});

test("deletes expired sessions and keeps live ones", async () => {
  const node = createTestNode();
  await signIn(node, "gone-device");
  now += refreshTokenLifetimeMs + 8 * 24 * 3_600_000;
  const live = await signIn(node, "live-device");
  await createSessionStore(testDatabase.database).deleteExpired(now);
  const { rows } = await testDatabase.database.query(
    "SELECT count(*) AS count FROM refresh_tokens",
  );
  expect(rows[0]).toEqual({ count: 1n });
  expect(await sessions.refresh(live.refreshToken)).toMatchObject({ ok: true });
});
