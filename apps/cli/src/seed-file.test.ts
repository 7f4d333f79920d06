import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSeedFile, writeSeedFile } from "./seed-file.ts";

const folder = mkdtempSync(path.join(tmpdir(), "satsconnect-seed-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const words = "legal winner thank year wave sausage worth useful legal winner thank yellow";

test("an encrypted file opens with the right passphrase only and does not contain the words", async () => {
  const file = path.join(folder, "encrypted");
  writeSeedFile(file, words, "maji ni uhai");
  expect(readFileSync(file, "utf8")).not.toContain("winner");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await readSeedFile(file, async () => "maji ni uhai")).toBe(words);
  await expect(readSeedFile(file, async () => "maji")).rejects.toMatchObject({
    code: "passphrase_wrong",
    exitCode: 2,
  });
});

test("an unencrypted file is readable by this user only and needs no passphrase", async () => {
  const file = path.join(folder, "open");
  writeSeedFile(file, words, null);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const ask = async (): Promise<string> => {
    throw new Error("asked");
  };
  expect(await readSeedFile(file, ask)).toBe(words);
});

test("an existing seed file is never overwritten", () => {
  const file = path.join(folder, "kept");
  writeSeedFile(file, words, null);
  expect(() => writeSeedFile(file, words, null)).toThrow("already exists");
});
