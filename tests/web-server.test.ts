import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../scripts/support/paths.ts";
import { freePort } from "../scripts/support/ports.ts";

/* The server of the web wallet, as a process: whatever somebody asks for, it goes on serving. */

let folder: string;
let port: number;
let server: ChildProcess;
const exits: (number | null)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "web-root-"));
  writeFileSync(path.join(folder, "index.html"), "<!doctype html><title>wallet</title>");
  writeFileSync(path.join(folder, "app.js"), "1");
  writeFileSync(path.join(path.dirname(folder), `${path.basename(folder)}-secret.js`), "secret");
  port = await freePort();
  server = spawn(process.execPath, [path.join(root, "apps/wallet/server/main.mts")], {
    env: {
      ...process.env,
      HTTP_LISTEN: `127.0.0.1:${port}`,
      WEB_ROOT: folder,
      API_URL: "http://127.0.0.1:1",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  server.once("exit", (code) => exits.push(code));
  await new Promise((resolve) => server.stdout?.once("data", resolve));
});
afterAll(() => {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
  rmSync(`${folder}-secret.js`, { force: true });
});

/** Sends a request line as it is and returns the whole answer. */
function ask(target: string, headers = ""): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`),
    );
    socket.setEncoding("latin1");
    socket.on("data", (data) => (received += String(data)));
    socket.on("error", () => resolve(received));
    socket.on("close", () => resolve(received));
  });
}

async function expectServing(): Promise<void> {
  expect(await ask("/health")).toContain('{"status":"ok"}');
  expect(exits).toEqual([]);
}

test.each([
  ["two slashes", "//"],
  ["three slashes", "///"],
  ["a host without a name", "//:80"],
  ["a broken host", "//[::"],
  ["a port out of range", "//x:99999999/"],
  ["another scheme", "http://"],
  ["backslashes", "/\\\\"],
  ["a star", "*"],
  ["a name longer than the file system allows", `/${"a".repeat(4_000)}.js`],
  ["a file as a folder", "/app.js/app.js"],
  ["an encoded NUL", "/%00.js"],
  ["broken percent signs", "/%zz%.js"],
])("GET of %s is answered, and the server goes on", async (_name, target) => {
  const answer = await ask(target);
  expect(answer).toMatch(/^HTTP\/1\.1 (?:200|400|404) /);
  await expectServing();
});

test("no path leaves the folder", async () => {
  const name = path.basename(folder);
  for (const up of ["..", "%2e%2e", ".%2e", "..%2f..", "..\\"]) {
    expect(await ask(`/${up}/${name}-secret.js`)).not.toContain("secret");
  }
  expect(await ask("/app.js")).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n1\r\n0/);
});

test("any path is answered, and the server goes on", async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "/",
      "//",
      "..",
      ".",
      "%2e",
      "%00",
      "%",
      "\\",
      "?",
      "#",
      "@",
      ":",
      "[",
      "]",
      ".js",
    ),
    fc.stringMatching(/^[!-~]{0,12}$/),
    fc.constant("x".repeat(300)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      expect(await ask(`/${pieces.join("")}`)).toMatch(/^HTTP\/1\.1 (?:200|304|400|404) /);
    }),
    { numRuns: 300 },
  );
  await expectServing();
});
