import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enableFault } from "./faults/active-faults.ts";
import type { FaultKind } from "./faults/catalogue.ts";
import { openTestSimulator } from "./testing/test-simulator.ts";
import type { TestSimulator } from "./testing/test-simulator.ts";

let harness: TestSimulator;
beforeEach(async () => {
  harness = await openTestSimulator();
});
afterEach(() => harness.close());

const send = (path: string, init: RequestInit) =>
  fetch(`${harness.url}${path}`, { redirect: "manual", ...init });

describe("Daraja over HTTP", () => {
  const fault = (kind: FaultKind, seconds?: number) =>
    enableFault(harness.simulator.world.database, 0, {
      api: "stk",
      kind,
      parameters: seconds === undefined ? {} : { seconds },
      msisdn: null,
      remaining: null,
    });
  const push = () => harness.api("/mpesa/stkpush/v1/processrequest", {});

  test("answers with Daraja's exact content type", async () => {
    expect((await push()).contentType).toBe("application/json;charset=UTF-8");
  });

  test("sends a proxy's page with its status and content type", async () => {
    fault("html_502");
    expect(await push()).toMatchObject({ status: 502, contentType: "text/html" });
  });

  test("resets the connection", async () => {
    fault("connection_reset");
    await expect(send("/mpesa/stkpush/v1/processrequest", { method: "POST" })).rejects.toThrow(
      "fetch failed",
    );
  });

  test("keeps silent, then closes the connection", async () => {
    fault("silence", 0.2);
    const before = performance.now();
    expect((await push()).status).toBe(0);
    expect(performance.now() - before).toBeGreaterThan(190);
  });

  test("logs requests of any content type, without their secrets", async () => {
    await send("/mpesa/stkpush/v1/processrequest", {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: '{"Password":"hunter2","Amount":"7"}',
    });
    const { body } = await harness.get("/control/requests?limit=1");
    expect(body).toContain("Amount");
    expect(body).not.toContain("hunter2");
  });
});

describe("the rest of the app", () => {
  test.each([
    ["GET", "/nowhere", 404],
    ["GET", "/handset/%zz", 404],
    ["GET", "/handset/", 404],
    ["DELETE", "/control/settings", 405],
    ["PUT", "/handset", 405],
    ["GET", "/rates/nowhere", 404],
    ["HEAD", "/control/settings", 200],
  ])("answers %s %s with %d", async (method, path, status) => {
    expect((await send(path, { method })).status).toBe(status);
  });

  test("answers a body above 64 KB with 413", async () => {
    const response = await send("/control/faults", { method: "POST", body: "x".repeat(70_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: "body_too_large" });
  });

  test.each([
    [{ "content-type": "text/plain" }, "{}", 415, "unsupported_media_type"],
    [{ "content-type": "application/json" }, "{", 400, "malformed_json"],
    [{ "content-type": "application/json" }, '{"api":"none"}', 422, "invalid_body"],
  ])(
    "refuses a body that is not valid JSON of the schema: %o %s",
    async (headers, body, status, code) => {
      const response = await send("/control/faults", { method: "POST", headers, body });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ code });
      expect(response.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    },
  );

  test.each([
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ "sec-fetch-site": "same-origin" }, 303],
    [{ origin: "https://elsewhere.example" }, 403],
    [{}, 303],
  ])("accepts a form only from its own pages and from programs: %o", async (headers, status) => {
    const form = new URLSearchParams({ on: "no" });
    const sent = await send("/handset/254700000001/power", { method: "POST", headers, body: form });
    expect(sent.status).toBe(status);
  });

  test("pages forbid everything from other origins", async () => {
    const { headers } = await send("/control", {});
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  });

  test("notifies event streams of changes", async () => {
    const response = await send("/control/events", {});
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("retry: 1000\n\n");
    await harness.press("/control/page/prices/kraken", { behaviour: "down" });
    expect((await reader?.read())?.value).toContain("event: change\ndata: {}\n\n");
    await reader?.cancel();
  });
});
