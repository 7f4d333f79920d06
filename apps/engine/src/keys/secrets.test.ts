import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSecrets } from "./secrets.ts";
import { unwrap } from "./unwrap.ts";

const folder = mkdtempSync(join(tmpdir(), "secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function file(text: string, mode = 0o600): string {
  const name = join(folder, String((files += 1)));
  writeFileSync(name, text);
  chmodSync(name, mode);
  return name;
}
/** A command that stands for a KMS. */
const command = (script: string): string => file(`#!/bin/sh\n${script}\n`, 0o700);
const first = "0a".repeat(32);
const second = "0b".repeat(32);
/** The wrapped text is the secret in reverse. */
const reversing = command("rev");
const reversed = (hex: string): string => hex.split("").toReversed().join("");

async function read(text: string, options: { mode?: number; unwrapCommand?: string } = {}) {
  const { mode, unwrapCommand } = options;
  const secrets = await readSecrets({
    name: "STATE_KEY_FILE",
    file: file(text, mode),
    lengths: [32],
    unwrapCommand,
  });
  return secrets.map((bytes) => Buffer.from(bytes).toString("hex"));
}

describe("a file of secrets", () => {
  test("has one secret in each line, in hex or wrapped", async () => {
    expect(await read(first)).toEqual([first]);
    expect(await read(`# the old key\n${first}\n\n${second}\n`)).toEqual([first, second]);
    const mixed = `${first}\nwrapped:${reversed(second)}\n`;
    expect(await read(mixed, { unwrapCommand: reversing })).toEqual([first, second]);
  });

  test("must not be readable by other users, unless all its secrets are wrapped", async () => {
    for (const mode of [0o640, 0o604]) {
      await expect(read(first, { mode })).rejects.toThrow("set mode 0600");
    }
    const wrapped = { mode: 0o644, unwrapCommand: reversing };
    expect(await read(`wrapped:${reversed(first)}`, wrapped)).toEqual([first]);
  });

  test("is refused when it is missing, empty or malformed; the message never has a secret", async () => {
    for (const text of ["", "# nothing\n", first.slice(2), `${first}\n${first}zz`]) {
      const attempt = read(text);
      await expect(attempt).rejects.toThrow(/STATE_KEY_FILE/u);
      await expect(attempt).rejects.not.toThrow("0a0a");
    }
    await expect(read(`wrapped:${first}`)).rejects.toThrow("set UNWRAP_COMMAND");
    const missing = {
      name: "SEED_FILE",
      file: "/nowhere",
      lengths: [32],
      unwrapCommand: undefined,
    };
    await expect(readSecrets(missing)).rejects.toThrow(
      "SEED_FILE (/nowhere) cannot be read: ENOENT",
    );
  });
});

describe("the command that unwraps secrets", () => {
  test("gets the wrapped text on standard input, no arguments, and none of the engine's variables", async () => {
    const telling = command('cat; echo "$#"; env');
    process.env["DATABASE_URL_OF_TEST"] = "kept";
    const told = (await unwrap(telling, "the text\n")).toString("utf8");
    delete process.env["DATABASE_URL_OF_TEST"];
    expect(told).toMatch(/^the text\n0\n/u);
    expect(told).toContain("DATABASE_URL_OF_TEST=kept");
    // the test runs with the database's URL in its environment, as the engine does
    if (process.env["DATABASE_URL"] === undefined) process.env["DATABASE_URL"] = "postgres://x";
    expect((await unwrap(telling, "")).toString("utf8")).not.toMatch(/^DATABASE_URL=/mu);
  });

  test("is named with the reason when it fails, without what looks like a key", async () => {
    const failing = command(`echo "AccessDenied: ${first} denied" >&2; echo ${second}; exit 3`);
    const attempt = read("wrapped:x", { unwrapCommand: failing });
    await expect(attempt).rejects.toThrow(
      /^Secret 1 of STATE_KEY_FILE \(.*\): UNWRAP_COMMAND failed \(exit code 3\): AccessDenied: … denied\.$/u,
    );
    await expect(attempt).rejects.not.toThrow("0b0b");
    await expect(unwrap(join(folder, "missing"), "x")).rejects.toThrow("cannot be run: ENOENT");
    await expect(unwrap(file("x"), "x")).rejects.toThrow("cannot be run: EACCES");
    const wrong = read("wrapped:x", { unwrapCommand: command("echo hello") });
    await expect(wrong).rejects.toThrow("must be 32 bytes in hex");
    await expect(wrong).rejects.not.toThrow("hello");
  });

  test("is ended with everything it started when it does not answer in time, or writes too much", async () => {
    const limits = { timeoutMs: 300, maxBytes: 1_000 };
    const startedAt = Date.now();
    // the child of the shell holds the pipe open
    await expect(unwrap(command("sleep 20 & sleep 20"), "x", limits)).rejects.toThrow(
      "did not answer within 0.3 seconds",
    );
    await expect(unwrap(command("yes"), "x", limits)).rejects.toThrow("more than 1000 bytes");
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });
});
