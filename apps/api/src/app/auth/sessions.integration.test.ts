import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { err, ok } from "@satsconnect/money";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestNode, loginPayloadFor } from "../../testing/login.ts";
import type { TestNode } from "../../testing/login.ts";
import { newTokenKey, writeTokenKeys } from "../../testing/token-keys.ts";
import { createAccessTokens } from "./access-token.ts";
import {
  lostAnswerGraceMs,
  refreshTokenHash,
  refreshTokenLifetimeMs,
  sessionLifetimeMs,
} from "./refresh-token.ts";
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

/** Refreshes, signed by the node if one is given. */
async function refreshed(token: string, node?: TestNode) {
  const assertion = node === undefined ? null : node.sign(loginPayloadFor(audience, now));
  const session = await sessions.refresh(token, assertion);
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
    expect(await sessions.refresh(first.refreshToken, null)).toMatchObject({
      error: { code: "refresh_token_reused" },
    });
    expect(await sessions.refresh(third.refreshToken, null)).toMatchObject({
      error: { code: "device_revoked" },
    });
    expect(await sessions.authenticate(third.accessToken)).toMatchObject({
      error: { code: "device_revoked" },
    });
  });

  test("can be used again within the grace period with the node's signature, for a lost answer", async () => {
    const node = createTestNode();
    const first = await signIn(node);
    await refreshed(first.refreshToken, node);
    now += lostAnswerGraceMs;
    const second = await refreshed(first.refreshToken, node);
    expect(await sessions.refresh(second.refreshToken, null)).toMatchObject({ ok: true });
  });

  test("that is stolen and used within the grace period ends the session, because the thief cannot sign", async () => {
    const first = await signIn();
    const second = await refreshed(first.refreshToken);
    now += 1_000;
    expect(await sessions.refresh(first.refreshToken, null)).toMatchObject({
      error: { code: "refresh_token_reused" },
    });
    expect(await sessions.refresh(second.refreshToken, null)).toMatchObject({
      error: { code: "device_revoked" },
    });
  });

  test("that was replaced after a lost answer ends the session when it turns up: it was not lost", async () => {
    const node = createTestNode();
    const first = await signIn(node);
    const kept = await refreshed(first.refreshToken, node);
    const second = await refreshed(first.refreshToken, node);
    now += 600_000;
    expect(await sessions.refresh(kept.refreshToken, null)).toMatchObject({
      error: { code: "refresh_token_reused" },
    });
    expect(await sessions.authenticate(second.accessToken)).toMatchObject({ ok: false });
    expect(await sessions.refresh(second.refreshToken, null)).toMatchObject({
      error: { code: "device_revoked" },
    });
  });

  test("does not count a signature of another node, of another time or one that was used", async () => {
    const node = createTestNode();
    const { refreshToken } = await signIn(node);
    const stranger = createTestNode().sign(loginPayloadFor(audience, now));
    const old = node.sign(loginPayloadFor(audience, now - 120_000));
    const used = node.sign(loginPayloadFor(audience, now));
    await sessions.login(used);
    for (const [assertion, code] of [
      [stranger, "assertion_invalid"],
      [old, "assertion_expired"],
      [used, "assertion_replayed"],
    ] as const) {
      expect(await sessions.refresh(refreshToken, assertion)).toMatchObject({ error: { code } });
    }
    // The token was not used up by them.
    expect(await sessions.refresh(refreshToken, null)).toMatchObject({ ok: true });
  });

  test("gives an access token that is signed for only with the node's signature", async () => {
    const node = createTestNode();
    const first = await signIn(node);
    const unsigned = await refreshed(first.refreshToken);
    const signed = await refreshed(unsigned.refreshToken, node);
    const found = [first, unsigned, signed].map(async ({ accessToken }) => {
      const principal = await sessions.authenticate(accessToken);
      return principal.ok && principal.value.signed;
    });
    expect(await Promise.all(found)).toEqual([true, false, true]);
  });

  test("ends with its session after 90 days, however often it is refreshed", async () => {
    const node = createTestNode();
    const started = now;
    let session = await signIn(node);
    while (now < started + sessionLifetimeMs - 30 * 24 * 3_600_000) {
      now += 30 * 24 * 3_600_000;
      session = await refreshed(session.refreshToken, node);
    }
    expect(Date.parse(session.refreshTokenExpiresAt)).toBe(started + sessionLifetimeMs);
    now = started + sessionLifetimeMs;
    const assertion = node.sign(loginPayloadFor(audience, now));
    expect(await sessions.refresh(session.refreshToken, assertion)).toMatchObject({
      error: { code: "refresh_token_invalid" },
    });
  });

  test("revokes the session when it is used again after the grace period", async () => {
    const first = await signIn();
    const second = await refreshed(first.refreshToken);
    now += lostAnswerGraceMs + 1;
    expect(await sessions.refresh(first.refreshToken, null)).toMatchObject({
      error: { code: "refresh_token_reused" },
    });
    expect(await sessions.refresh(second.refreshToken, null)).toMatchObject({
      error: { code: "device_revoked" },
    });
  });

  test("leaves exactly one valid successor when it is used five times at once with signatures", async () => {
    const node = createTestNode();
    const first = await signIn(node);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        sessions.refresh(first.refreshToken, node.sign(loginPayloadFor(audience, now))),
      ),
    );
    const issued = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    expect(issued).toHaveLength(5);
    const { rows } = await testDatabase.database.query<{ hash: Buffer }>(
      `SELECT hash FROM refresh_tokens WHERE superseded_at IS NULL AND hash = ANY($1)`,
      [issued.map(({ refreshToken }) => refreshTokenHash(refreshToken))],
    );
    expect(rows).toHaveLength(1);
  });

  test("expires, and is not stored in plain text", async () => {
    const { refreshToken } = await signIn();
    const { rows } = await testDatabase.database.query("SELECT t::text FROM refresh_tokens t");
    expect(JSON.stringify(rows)).not.toContain(refreshToken);
    now += refreshTokenLifetimeMs;
    expect(await sessions.refresh(refreshToken, null)).toMatchObject({
      error: { code: "refresh_token_invalid" },
    });
  });

  test("is refused when it was never issued", async () => {
    expect(await sessions.refresh(`scr_${"A".repeat(43)}`, null)).toMatchObject({
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
    expect(await sessions.refresh(tablet.refreshToken, null)).toMatchObject({
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
  expect(await sessions.refresh(live.refreshToken, null)).toMatchObject({ ok: true });
});
