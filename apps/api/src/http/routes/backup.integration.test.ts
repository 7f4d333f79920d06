import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createVssClient,
  vssDeleteRequest,
  vssErrorResponse,
  vssGetRequest,
  vssGlobalVersionKey,
  vssListRequest,
  vssPutRequest,
} from "@satsconnect/contracts/vss";
import type { VssClient, VssKeyValue } from "@satsconnect/contracts/vss";
import { ok } from "@satsconnect/money";
import { startTestApi } from "../../testing/api.ts";
import type { TestApi } from "../../testing/api.ts";
import { createTestNode } from "../../testing/login.ts";
import { scriptedOrders } from "../../testing/scripted-orders.ts";
import { backupLimits } from "../../app/backup/backup-request.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const item = (key: string, value: string, version: number): VssKeyValue => ({
  key,
  value: bytes(value),
  version: BigInt(version),
});

let api: TestApi;
let token: string;
let stores = 0;

beforeAll(async () => {
  api = await startTestApi({ orderServices: () => scriptedOrders(1) });
});
afterAll(() => api.close());

function clientFor(accessToken: string): VssClient {
  return createVssClient({
    baseUrl: api.url,
    accessToken: async () => ok(accessToken),
    discardAccessToken: () => {},
  });
}

/** A new store of a new wallet. */
async function createStore() {
  token = await api.accessToken();
  const vss = clientFor(token);
  stores += 1;
  const storeId = `store-${String(stores)}`;
  const code = (result: { ok: boolean; error?: { code: string } }): string =>
    result.ok ? "ok" : (result.error?.code ?? "");
  return {
    vss,
    storeId,
    put: async (
      globalVersion: number | undefined,
      puts: VssKeyValue[],
      deletes: VssKeyValue[] = [],
    ) =>
      code(
        await vss.put({
          storeId,
          globalVersion: globalVersion === undefined ? undefined : BigInt(globalVersion),
          transactionItems: puts,
          deleteItems: deletes,
        }),
      ),
    /** Key, version and value, or the error code. */
    get: async (key: string) => {
      const found = await vss.get({ storeId, key });
      if (!found.ok) return found.error.code;
      return `${found.value.key} ${String(found.value.version)} ${new TextDecoder().decode(found.value.value)}`;
    },
    version: async () => {
      const found = await vss.get({ storeId, key: vssGlobalVersionKey });
      return found.ok ? Number(found.value.version) : -1;
    },
    /** Lists every key, page by page. */
    list: async (parts: { keyPrefix?: string; pageSize?: number } = {}) => {
      const pages: string[][] = [];
      const versions: (bigint | undefined)[] = [];
      let pageToken: string | undefined;
      for (;;) {
        const page = await vss.list({
          storeId,
          keyPrefix: parts.keyPrefix,
          pageSize: parts.pageSize,
          pageToken,
        });
        if (!page.ok) throw new Error(page.error.code);
        pages.push(page.value.keyVersions.map(({ key }) => key));
        versions.push(page.value.globalVersion);
        expect(page.value.keyVersions.every(({ value }) => value.length === 0)).toBe(true);
        pageToken = page.value.nextPageToken;
        if (pageToken === undefined || pageToken === "") return { pages, versions };
      }
    },
  };
}

async function post(
  path: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
): Promise<{ readonly status: number; readonly code: number }> {
  const response = await fetch(`${api.url}/vss/${path}`, { method: "POST", headers, body });
  const answer = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    code: response.status === 200 ? 0 : vssErrorResponse.decode(answer).errorCode,
  };
}

describe("versions", () => {
  test("increase for the key and the store with every write; a write with version -1 restarts the key at 1", async () => {
    const { put, get, version } = await createStore();
    expect(await put(0, [item("k1", "k1v1", 0)])).toBe("ok");
    expect(await put(1, [item("k1", "k1v2", 1)])).toBe("ok");
    for (const global of [2, 3, 4]) {
      expect(await put(global, [item("k2", `k2v${String(global)}`, -1)])).toBe("ok");
    }
    expect(await get("k1")).toBe("k1 2 k1v2");
    expect(await get("k2")).toBe("k2 1 k2v4");
    expect(await version()).toBe(5);
    expect(await put(5, [item("k2", "conditional again", 1)])).toBe("ok");
    expect(await get("k2")).toBe("k2 2 conditional again");
  });

  test("refuse the whole write when the version of a key, a deleted key or the store does not match", async () => {
    const { put, get, version } = await createStore();
    expect(await put(0, [item("k1", "v1", 0), item("k2", "v1", 0)])).toBe("ok");
    expect(await put(1, [item("k1", "v2", 0), item("k2", "v2", 1)])).toBe("conflict");
    expect(await put(0, [item("k1", "v2", 1)])).toBe("conflict");
    expect(await put(2, [item("k1", "v2", 1)])).toBe("conflict");
    expect(await put(1, [item("k3", "v1", 7)])).toBe("conflict");
    expect(await put(1, [item("k3", "v1", 0)], [item("k2", "", 3)])).toBe("conflict");
    expect(await put(1, [item("k3", "v1", 0)], [item("never", "", -1)])).toBe("conflict");
    expect(await get("k1")).toBe("k1 1 v1");
    expect(await get("k2")).toBe("k2 1 v1");
    expect(await get("k3")).toBe("no_such_key");
    expect(await version()).toBe(1);
  });

  test("stay at 0 for a store whose writes name no global version", async () => {
    const { put, get, version } = await createStore();
    expect(await put(undefined, [item("k1", "v1", 0)])).toBe("ok");
    expect(await put(undefined, [item("k1", "v2", 1)])).toBe("ok");
    expect(await get("k1")).toBe("k1 2 v2");
    expect(await version()).toBe(0);
  });
});

test("applies the puts and deletes of one write together", async () => {
  const { put, get } = await createStore();
  expect(await put(undefined, [item("k1", "v1", 0)])).toBe("ok");
  expect(await put(undefined, [item("k2", "v1", 0)], [item("k1", "", 1)])).toBe("ok");
  expect(await get("k1")).toBe("no_such_key");
  expect(await put(undefined, [], [item("k2", "", -1)])).toBe("ok");
  expect(await get("k2")).toBe("no_such_key");
});

test("deleteObject succeeds for a missing key and keeps a key that has another version", async () => {
  const { put, get, storeId } = await createStore();
  await put(undefined, [item("k1", "v1", 0)]);
  const remove = (version: number) =>
    post("deleteObject", vssDeleteRequest.encode({ storeId, keyValue: item("k1", "", version) }));
  expect((await remove(5)).status).toBe(200);
  expect(await get("k1")).toBe("k1 1 v1");
  expect((await remove(1)).status).toBe(200);
  expect((await remove(1)).status).toBe(200);
  expect((await remove(-1)).status).toBe(200);
  expect(await get("k1")).toBe("no_such_key");
});

test("lists keys newest first, by prefix and in pages; only the first page has the global version", async () => {
  const { put, list } = await createStore();
  const keys = Array.from(
    { length: 250 },
    (_, at) => `${at % 2 === 0 ? "even" : "odd"}/${String(at)}`,
  );
  await put(
    0,
    keys.slice(0, 100).map((key) => item(key, "v", 0)),
  );
  for (const [at, key] of keys.slice(100).entries()) await put(at + 1, [item(key, "v", 0)]);
  // Overwriting a key does not change its position.
  await put(151, [item(keys[0] ?? "", "v2", 1)]);
  const all = await list();
  expect(all.pages.map((page) => page.length)).toEqual([100, 100, 50]);
  expect(all.versions).toEqual([152n, undefined, undefined]);
  expect(all.pages.flat().slice(0, 150)).toEqual(keys.slice(100).toReversed());
  expect(new Set(all.pages.flat()).size).toBe(250);
  const odd = await list({ keyPrefix: "odd/", pageSize: 40 });
  expect(odd.pages.map((page) => page.length)).toEqual([40, 40, 40, 5]);
  expect(odd.pages.flat().every((key) => key.startsWith("odd/"))).toBe(true);
  expect((await list({ pageSize: 1_000 })).pages[0]).toHaveLength(100);
  expect((await list({ keyPrefix: "%" })).pages).toEqual([[]]);
});

test("accepts exactly one of twelve concurrent writes that name the same global version", async () => {
  const { put, get, version } = await createStore();
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, writer) =>
        put(round, [
          item(`writer ${String(writer)}`, String(round), -1),
          item("last", String(writer), round),
        ]),
      ),
    );
    expect(answers.filter((answer) => answer === "ok")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "conflict")).toHaveLength(11);
    expect(await get("last")).toBe(`last ${String(round + 1)} ${String(answers.indexOf("ok"))}`);
  }
  expect(await version()).toBe(10);
});

test("keeps stores with the same id apart for two wallets", async () => {
  const one = await createStore();
  await one.put(0, [item("k", "mine", 0)]);
  const other = clientFor(await api.accessToken());
  expect(await other.get({ storeId: one.storeId, key: "k" })).toMatchObject({
    error: { code: "no_such_key" },
  });
  expect(
    await other.put({
      storeId: one.storeId,
      globalVersion: 0n,
      transactionItems: [item("k", "theirs", 0)],
      deleteItems: [],
    }),
  ).toMatchObject({ ok: true });
  expect(await one.get("k")).toBe("k 1 mine");
});

test("stores a binary value of 3 MB unchanged", async () => {
  const { vss, storeId } = await createStore();
  const value = new Uint8Array(3_000_000).map((_, at) => (at * 7) % 256);
  expect(
    await vss.put({
      storeId,
      globalVersion: 0n,
      transactionItems: [{ key: "large", version: 0n, value }],
      deleteItems: [],
    }),
  ).toMatchObject({ ok: true });
  const found = await vss.get({ storeId, key: "large" });
  expect(found.ok && Buffer.from(found.value.value).equals(Buffer.from(value))).toBe(true);
});

describe("the VSS endpoint", () => {
  test("answers 401 without a valid access token", async () => {
    const body = vssGetRequest.encode({ storeId: "s", key: "k" });
    expect(await post("getObject", body, {})).toEqual({ status: 401, code: 5 });
    expect(await post("getObject", body, { authorization: "Bearer x.y.z" })).toEqual({
      status: 401,
      code: 5,
    });
    expect(await post("getObject", body, { authorization: "Basic eA==" })).toEqual({
      status: 401,
      code: 5,
    });
  });

  test("answers 400 for a body that is not a valid message, and 409 for versions beyond 63 bits", async () => {
    const { storeId } = await createStore();
    const put = (parts: Partial<Parameters<typeof vssPutRequest.encode>[0]>) =>
      post(
        "putObjects",
        vssPutRequest.encode({
          storeId,
          globalVersion: undefined,
          transactionItems: [],
          deleteItems: [],
          ...parts,
        }),
      );
    const refused = { status: 400, code: 2 };
    expect(await post("getObject", Uint8Array.of(0x0a, 0xff))).toEqual(refused);
    expect(await post("putObjects", new TextEncoder().encode('{"storeId":"s"}'))).toEqual(refused);
    expect(await post("getObject", new Uint8Array())).toEqual(refused);
    expect(await post("getObject", vssGetRequest.encode({ storeId, key: "" }))).toEqual(refused);
    expect(
      await post("deleteObject", vssDeleteRequest.encode({ storeId, keyValue: undefined })),
    ).toEqual(refused);
    expect(await put({ storeId: "" })).toEqual(refused);
    expect(await put({ storeId: "s".repeat(121) })).toEqual(refused);
    expect(await put({ globalVersion: -1n })).toEqual(refused);
    expect(await put({ transactionItems: [item("k", "v", -2)] })).toEqual(refused);
    expect(await put({ transactionItems: [item("k\0", "v", 0)] })).toEqual(refused);
    expect(await put({ transactionItems: [item("k".repeat(601), "v", 0)] })).toEqual(refused);
    expect(await put({ transactionItems: [item("k", "v", 0), item("k", "w", 0)] })).toEqual(
      refused,
    );
    expect(
      await put({ transactionItems: [item("k", "v", 0)], deleteItems: [item("k", "", 0)] }),
    ).toEqual(refused);
    expect(await put({ transactionItems: [item(vssGlobalVersionKey, "v", 0)] })).toEqual(refused);
    expect(
      await put({ transactionItems: [item("k", "v", 0)], globalVersion: 2n ** 63n - 1n }),
    ).toEqual({
      status: 409,
      code: 1,
    });
    expect(
      await put({ transactionItems: [{ ...item("k", "v", 0), version: 2n ** 63n - 1n }] }),
    ).toEqual({
      status: 409,
      code: 1,
    });
    const many = Array.from({ length: backupLimits.itemsPerWrite + 1 }, (_, at) =>
      item(`k${String(at)}`, "", 0),
    );
    expect(await put({ transactionItems: many })).toEqual(refused);
    const list = (parts: object) =>
      post(
        "listKeyVersions",
        vssListRequest.encode({
          storeId,
          keyPrefix: undefined,
          pageSize: undefined,
          pageToken: undefined,
          ...parts,
        }),
      );
    expect(await list({ pageToken: "x'; --" })).toEqual(refused);
    expect(await list({ pageSize: -1 })).toEqual(refused);
    expect(await list({ keyPrefix: "a\0" })).toEqual(refused);
  });

  test("answers 413 for a request or a store that is too large, or one store too many", async () => {
    const { storeId } = await createStore();
    expect(await post("putObjects", new Uint8Array(backupLimits.bytesPerRequest + 1))).toEqual({
      status: 413,
      code: 2,
    });
    const fill = (key: string) =>
      post(
        "putObjects",
        vssPutRequest.encode({
          storeId,
          globalVersion: undefined,
          transactionItems: [
            { key, version: 0n, value: new Uint8Array(backupLimits.bytesPerRequest - 1_000) },
          ],
          deleteItems: [],
        }),
      );
    const full = backupLimits.bytesPerStore / backupLimits.bytesPerRequest;
    for (let at = 0; at < full; at += 1) expect((await fill(`k${String(at)}`)).status).toBe(200);
    expect(await fill("one more")).toEqual({ status: 413, code: 2 });
    const open = async (id: string) =>
      (
        await post(
          "putObjects",
          vssPutRequest.encode({
            storeId: id,
            globalVersion: 0n,
            transactionItems: [item("k", "", 0)],
            deleteItems: [],
          }),
        )
      ).status;
    const opened = await Promise.all(["a", "b", "c", "d", "e", "f"].map(open));
    expect(opened.filter((status) => status === 200)).toHaveLength(backupLimits.stores - 1);
    expect(opened.filter((status) => status === 413)).toHaveLength(7 - backupLimits.stores);
  });

  test("answers 404 for another method or an unknown call", async () => {
    expect((await fetch(`${api.url}/vss/getObject`)).status).toBe(404);
    expect((await fetch(`${api.url}/vss/nothing`, { method: "POST" })).status).toBe(404);
  });
});

test("never answers arbitrary bytes with a server error", async () => {
  await createStore();
  const calls = ["getObject", "putObjects", "deleteObject", "listKeyVersions"];
  const text = fc.string({ unit: "binary", maxLength: 20 });
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const keyValue = fc.record({
    key: text,
    version: int64,
    value: fc.uint8Array({ maxLength: 50 }),
  });
  const messages = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .record({
        storeId: text,
        globalVersion: fc.option(int64, { nil: undefined }),
        transactionItems: fc.array(keyValue, { maxLength: 4 }),
        deleteItems: fc.array(keyValue, { maxLength: 4 }),
      })
      .map(vssPutRequest.encode),
    fc
      .record({
        storeId: text,
        keyPrefix: fc.option(text, { nil: undefined }),
        pageSize: fc.option(fc.integer(), { nil: undefined }),
        pageToken: fc.option(text, { nil: undefined }),
      })
      .map(vssListRequest.encode),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...calls), messages, async (call, message) => {
      const { status } = await post(call, new Uint8Array(message));
      expect([200, 400, 404, 409, 413]).toContain(status);
    }),
    { numRuns: 500 },
  );
  expect(
    api
      .logged()
      .split("\n")
      .filter((line) => line.includes('"level":50')),
  ).toEqual([]);
});

test("limits a wallet to 900 requests a minute", async () => {
  const limited = await startTestApi({
    orderServices: () => scriptedOrders(1),
    rateLimitFactor: 1,
  });
  try {
    const body = vssGetRequest.encode({ storeId: "s", key: "k" });
    const authorization = `Bearer ${await limited.accessToken()}`;
    const statuses = await Promise.all(
      Array.from({ length: 920 }, async () => {
        const answer = await fetch(`${limited.url}/vss/getObject`, {
          method: "POST",
          headers: { authorization },
          body,
        });
        await answer.arrayBuffer();
        return answer.status;
      }),
    );
    expect(statuses.filter((status) => status === 404).length).toBe(900);
    expect(statuses.filter((status) => status === 429).length).toBe(20);
  } finally {
    await limited.close();
  }
});

test("a session that was refreshed without the node's signature reads a backup and cannot change it", async () => {
  const node = createTestNode();
  const opened = await api.wallet(node).session.open();
  if (!opened.ok) throw new Error(opened.error.code);
  const stolen = await fetch(`${api.url}/api/auth/refresh`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refreshToken: opened.value.refreshToken }),
  });
  const { accessToken } = (await stolen.json()) as { accessToken: string };
  const storeId = "kept";
  const owner = clientFor(opened.value.accessToken);
  const thief = clientFor(accessToken);
  const put = (vss: VssClient, items: Partial<Parameters<VssClient["put"]>[0]>) =>
    vss.put({ storeId, globalVersion: undefined, transactionItems: [], deleteItems: [], ...items });
  expect(await put(owner, { transactionItems: [item("head", "precious", 0)] })).toMatchObject({
    ok: true,
  });
  expect(await thief.get({ storeId, key: "head" })).toMatchObject({ ok: true });
  for (const write of [
    put(thief, { deleteItems: [item("head", "", 1)] }),
    put(thief, { transactionItems: [item("head", "rubbish", 1)] }),
  ]) {
    expect(await write).toMatchObject({ ok: false, error: { code: "auth" } });
  }
  const deletion = await fetch(`${api.url}/vss/deleteObject`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}` },
    body: vssDeleteRequest.encode({ storeId, keyValue: item("head", "", 1) }),
  });
  expect(deletion.status).toBe(401);
  expect(await owner.get({ storeId, key: "head" })).toMatchObject({
    value: { value: bytes("precious") },
  });
});
