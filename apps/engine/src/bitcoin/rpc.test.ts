import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectBitcoind } from "./rpc.ts";

type Answer = (body: unknown, request: IncomingMessage, response: ServerResponse) => void;
let answer: Answer = () => {};
let port = 0;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () =>
    answer(JSON.parse(Buffer.concat(chunks).toString("utf8")), request, response),
  );
});
const folder = mkdtempSync(join(tmpdir(), "engine-rpc-"));

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  answer = (_body, _request, response) => response.end("{}");
});

const rpc = (options: { cookieFile?: string; timeoutMs?: number } = {}) =>
  connectBitcoind({ url: `http://us%40er:pass@127.0.0.1:${String(port)}`, ...options });
const sends = (value: unknown, status = 200): void => {
  answer = (_body, _request, response) => {
    response.statusCode = status;
    response.end(typeof value === "string" ? value : JSON.stringify(value));
  };
};

test("sends method, parameters and the URL's credentials, and returns the result", async () => {
  let seen: unknown;
  let authorization: string | undefined;
  answer = (body, request, response) => {
    seen = body;
    authorization = request.headers.authorization;
    response.end(JSON.stringify({ id: 0, result: 7, error: null }));
  };
  expect(await rpc().call<number>("getblockcount", [1])).toEqual({ ok: true, value: 7 });
  expect(seen).toMatchObject({ method: "getblockcount", params: [1] });
  expect(authorization).toBe(`Basic ${Buffer.from("us@er:pass").toString("base64")}`);
});

test("reads the cookie again for each call", async () => {
  const cookieFile = join(folder, ".cookie");
  const seen: (string | undefined)[] = [];
  answer = (_body, request, response) => {
    seen.push(request.headers.authorization);
    response.end(JSON.stringify({ id: 0, result: 1 }));
  };
  for (const cookie of ["__cookie__:one", "__cookie__:two"]) {
    writeFileSync(cookieFile, `${cookie}\n`);
    expect((await rpc({ cookieFile }).call("x")).ok).toBe(true);
    expect(seen.at(-1)).toBe(`Basic ${Buffer.from(cookie).toString("base64")}`);
  }
  rmSync(cookieFile);
  expect(await rpc({ cookieFile }).call("x")).toMatchObject({
    ok: false,
    error: { code: "bitcoind_unreachable", retry: "safe" },
  });
});

test("keeps the code and message of Bitcoin Core's errors", async () => {
  sends({ id: 0, result: null, error: { code: -8, message: "Block height out of range" } }, 500);
  expect(await rpc().call("getblockhash", [9])).toEqual({
    ok: false,
    error: {
      code: "bitcoind_refused",
      message: "Block height out of range",
      retry: "never",
      rpcCode: -8,
    },
  });
});

test("treats a starting Bitcoin Core as unreachable", async () => {
  sends({ id: 0, result: null, error: { code: -28, message: "Loading block index…" } }, 500);
  expect(await rpc().call("getblockhash", [9])).toMatchObject({
    ok: false,
    error: { code: "bitcoind_unreachable", retry: "safe", rpcCode: -28 },
  });
});

test.each([
  ["nonsense", "<html>", 200],
  ["a null", "null", 200],
  ["a full work queue", "Work queue depth exceeded", 503],
  ["a wrong password", "", 401],
])("%s counts as unreachable, and the error shows no password", async (_name, text, status) => {
  sends(text, status);
  const refused = await rpc().call("x");
  expect(refused).toMatchObject({ ok: false, error: { code: "bitcoind_unreachable" } });
  expect(JSON.stringify(refused)).not.toContain("pass@");
  expect(await rpc().batch([{ method: "x", params: [] }])).toMatchObject({ ok: false });
});

test("gives up after the timeout", async () => {
  answer = () => {};
  const before = Date.now();
  expect((await rpc({ timeoutMs: 100 }).call("x")).ok).toBe(false);
  expect(Date.now() - before).toBeLessThan(3_000);
});

test("returns batch results in the order of the calls, whatever the order of the answers", async () => {
  answer = (body, _request, response) => {
    const calls = body as readonly { id: number; params: readonly number[] }[];
    const answers = calls.map((call) =>
      call.params[0] === 2
        ? { id: call.id, result: null, error: { code: -5, message: "no" } }
        : { id: call.id, result: call.params[0], error: null },
    );
    // In reverse order, and without the answer to the last call.
    response.end(JSON.stringify(answers.toReversed().slice(1)));
  };
  const answered = await rpc().batch<number>(
    [1, 2, 3, 4].map((n) => ({ method: "f", params: [n] })),
  );
  expect(answered).toMatchObject({
    ok: true,
    value: [
      { ok: true, value: 1 },
      { ok: false, error: { code: "bitcoind_refused", rpcCode: -5 } },
      { ok: true, value: 3 },
      { ok: false, error: { code: "bitcoind_unreachable" } },
    ],
  });
  expect(await rpc().batch([])).toEqual({ ok: true, value: [] });
});
