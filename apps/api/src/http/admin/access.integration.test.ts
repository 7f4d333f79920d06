import { randomUUID } from "node:crypto";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminRoutes } from "@satsconnect/contracts/admin";
import type { AdminRoute } from "@satsconnect/contracts/admin";
import { err, valueOf } from "@satsconnect/money";
import { startTestAdmin } from "../../testing/admin.ts";
import type { TestAdmin } from "../../testing/admin.ts";
import { createAuthenticator } from "../../testing/authenticator.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";

let testDatabase: TestDatabase;
let admin: TestAdmin;
let offset = 0;
const now = () => Date.now() + offset;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const noOrder = err("order_not_found", "There is no such order.", "never");
  admin = await startTestAdmin({
    testDatabase,
    now,
    // These tests are about who may call; there are no orders.
    orders: {
      possibleActs: async () => null,
      previewAct: async () => noOrder,
      act: async () => noOrder,
    },
  });
});
afterAll(async () => {
  await admin.close();
  await testDatabase.drop();
});

const all: readonly AdminRoute[] = Object.values(adminRoutes);
const closed = all
  .filter(({ auth }) => auth === "operator")
  .map((route) => [route.id, route] as const);
const id = randomUUID();
const pathOf = (route: AdminRoute) => route.path.replaceAll(/\{\w+\}/g, id);
const json = { "content-type": "application/json" };

function send(route: AdminRoute, headers: Record<string, string>, url = admin.consoleUrl) {
  return fetch(url + pathOf(route), {
    method: route.method.toUpperCase(),
    headers: { ...(route.method === "get" ? {} : json), ...headers },
    ...(route.method === "get" ? {} : { body: "{}" }),
  });
}

describe("nobody without a passkey's session gets anything", () => {
  test.each(closed)("%s", async (_id, route) => {
    const origin = { origin: admin.consoleUrl };
    const forged = `satsconnect-operator=sco_${"A".repeat(43)}`;
    for (const headers of [origin, { ...origin, cookie: forged }]) {
      const response = await send(route, headers);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: "operator_required" });
    }
  });

  test("a certificate's listener answers no client without one, and none of another authority", async () => {
    const bare = await admin.satsctl("operator", true)("whoAmI");
    expect(bare).toMatchObject({ ok: false, error: { code: "network_unreachable" } });
    const url = new URL(admin.mtlsUrl);
    const answer = await new Promise<string>((resolve) => {
      const socket = connectTls({
        host: url.hostname,
        port: Number(url.port),
        rejectUnauthorized: false,
      });
      let text = "";
      socket.on("secureConnect", () =>
        socket.write("GET /admin/cases HTTP/1.1\r\nhost: x\r\n\r\n"),
      );
      socket.on("data", (part: Buffer) => (text += part.toString()));
      socket.on("error", () => resolve(text));
      socket.on("close", () => resolve(text));
    });
    expect(answer).toBe("");
  });

  test("plain HTTP is not spoken where certificates are demanded", async () => {
    await expect(fetch(admin.mtlsUrl.replace("https", "http") + "/admin/cases")).rejects.toThrow(
      "fetch failed",
    );
  });
});

describe("requests that another site could cause are refused", () => {
  test("every change without the console's origin", async () => {
    const { cookie } = await admin.enrol("wanjiku");
    for (const route of all.filter(({ method }) => method !== "get")) {
      for (const headers of [
        {},
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: admin.consoleUrl, "sec-fetch-site": "cross-site" },
        { origin: admin.consoleUrl, "sec-fetch-site": "same-site" },
      ]) {
        const response = await send(route, { cookie: cookie(), ...headers });
        expect([route.id, response.status]).toEqual([route.id, 403]);
        expect(await response.json()).toMatchObject({ code: "origin_refused" });
      }
    }
  });

  test("a form's content type, with cookie and origin", async () => {
    const { cookie } = await admin.enrol("wanjiku");
    const response = await fetch(admin.consoleUrl + adminRoutes.findOrders.path, {
      method: "POST",
      headers: { cookie: cookie(), origin: admin.consoleUrl, "content-type": "text/plain" },
      body: JSON.stringify({ text: "SFR5X7K2QP" }),
    });
    expect(response.status).toBe(415);
  });

  test("an address whose name points here, and a browser that presents a certificate", async () => {
    const port = new URL(admin.consoleUrl).port;
    const rebound = await fetch(`http://127.0.0.1:${port}/`);
    expect(rebound.status).toBe(403);
    expect((await fetch(`${admin.consoleUrl}/`)).status).toBe(200);
  });

  test("no cross-origin access is granted, and pages cannot be framed or load foreign code", async () => {
    const response = await fetch(`${admin.consoleUrl}/`, {
      headers: { origin: "https://evil.example" },
    });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });
});

describe("signing in", () => {
  test("a passkey signs in; the cookie is for this site only and no script reads it", async () => {
    const browser = await admin.enrol("wanjiku");
    await browser.client("logout");
    expect(await browser.client("whoAmI")).toMatchObject({ error: { code: "operator_required" } });
    const { options } = valueOf(await browser.client("loginOptions"));
    const response = await browser.fetch(admin.consoleUrl + adminRoutes.login.path, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ assertion: browser.passkey.get(options) }),
    });
    expect(response.status).toBe(200);
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(valueOf(await browser.client("whoAmI"))).toMatchObject({
      operator: { name: "wanjiku" },
      via: "passkey",
    });
  });

  test("an assertion works once, and only for the challenge, site and person that it was made for", async () => {
    const browser = await admin.enrol("wanjiku");
    const login = (assertion: ReturnType<typeof browser.passkey.get>) =>
      browser.client("login", { body: { assertion } });
    const fresh = async () => valueOf(await browser.client("loginOptions")).options;
    const assertion = browser.passkey.get(await fresh());
    expect(await login(assertion)).toMatchObject({ ok: true });
    expect(await login(assertion)).toMatchObject({ error: { code: "challenge_expired" } });

    const refused = { error: { code: "passkey_invalid" } };
    const get = browser.passkey.get;
    expect(await login(get(await fresh(), { origin: "http://localhost:1" }))).toMatchObject(
      refused,
    );
    expect(await login(get(await fresh(), { rpId: "evil.example" }))).toMatchObject(refused);
    expect(await login(get(await fresh(), { userVerified: false }))).toMatchObject(refused);
    // A copied authenticator: its counter is behind.
    expect(await login(get(await fresh(), { counter: 1 }))).toMatchObject(refused);
    const stranger = createAuthenticator(admin.consoleUrl);
    expect(await login(stranger.get(await fresh()))).toMatchObject(refused);
    const self = { challenge: Buffer.alloc(48, 7).toString("base64url") };
    expect(await login(get(self))).toMatchObject({ error: { code: "challenge_expired" } });
    const late = await fresh();
    offset += 6 * 60_000;
    expect(await login(get(late))).toMatchObject({ error: { code: "challenge_expired" } });
  });

  test("a session ends after 20 idle minutes and after 8 hours", async () => {
    const idle = await admin.enrol("wanjiku");
    offset += 21 * 60_000;
    expect(await idle.client("whoAmI")).toMatchObject({ error: { code: "operator_required" } });
    await idle.signIn();
    for (let minutes = 0; minutes < 470; minutes += 15) {
      expect(await idle.client("whoAmI")).toMatchObject({ ok: true });
      offset += 15 * 60_000;
    }
    offset += 15 * 60_000;
    expect(await idle.client("whoAmI")).toMatchObject({ error: { code: "operator_required" } });
  });
});

describe("enrolment", () => {
  test("a link works once and for an hour, and a new one ends passkeys and sessions", async () => {
    const wanjiku = await admin.enrol("wanjiku");
    const first = await admin.enrol("achieng");
    /** A new link for achieng, which two people make. */
    const linkAnew = async (reason: string) => {
      const id = randomUUID();
      const body = { id, name: "achieng", reason };
      valueOf(await admin.satsctl("operator")("addOperator", { body }));
      const approved = valueOf(await wanjiku.approve(id));
      return approved.enrolment?.url.split("/").at(-1) ?? "";
    };
    const token = await linkAnew("lost her phone");
    expect(await first.client("whoAmI")).toMatchObject({ error: { code: "operator_required" } });
    const { options: login } = valueOf(await first.client("loginOptions"));
    expect(
      await first.client("login", { body: { assertion: first.passkey.get(login) } }),
    ).toMatchObject({ error: { code: "passkey_invalid" } });

    const anew = admin.browser(createAuthenticator(admin.consoleUrl));
    const options = valueOf(await anew.client("enrolmentOptions", { body: { token } })).options;
    const body = { token, registration: anew.passkey.create(options), label: "new phone" };
    expect(await anew.client("enrol", { body })).toMatchObject({ ok: true });
    expect(await anew.client("enrolmentOptions", { body: { token } })).toMatchObject({
      error: { code: "enrolment_invalid" },
    });

    const expired = await linkAnew("again");
    offset += 61 * 60_000;
    expect(await anew.client("enrolmentOptions", { body: { token: expired } })).toMatchObject({
      error: { code: "enrolment_invalid" },
    });
  });

  test("a disabled operator's session, passkey and certificate are refused", async () => {
    const browser = await admin.enrol("otieno");
    expect(await admin.satsctl("otieno")("whoAmI")).toMatchObject({ ok: true });
    valueOf(
      await admin.satsctl("operator")("disableOperator", {
        body: { id: randomUUID(), name: "otieno", reason: "has left" },
      }),
    );
    expect(await browser.client("whoAmI")).toMatchObject({ error: { code: "operator_required" } });
    const { options } = valueOf(await browser.client("loginOptions"));
    expect(
      await browser.client("login", { body: { assertion: browser.passkey.get(options) } }),
    ).toMatchObject({ error: { code: "operator_disabled" } });
    expect(await admin.satsctl("otieno")("whoAmI")).toMatchObject({
      error: { code: "operator_disabled" },
    });
    expect(await admin.satsctl("Not A Name")("whoAmI")).toMatchObject({
      error: { code: "operator_required" },
    });
  });

  test("no link, session token or challenge is in the logs or, in clear, in the database", async () => {
    const browser = await admin.enrol("wanjiku");
    const token = browser.cookie().split("=")[1] ?? "";
    expect(token).toMatch(/^sco_/);
    expect(admin.logged()).not.toContain(token);
    expect(admin.logged()).not.toContain("sce_");
    const { rows } = await testDatabase.database.query<{ text: string }>(
      "SELECT (SELECT json_agg(s) FROM operator_sessions s)::text || (SELECT json_agg(e) FROM operator_enrolments e)::text AS text",
    );
    expect(rows[0]?.text).not.toMatch(/sc[oe]_/);
  });
});
