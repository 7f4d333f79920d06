import { mkdirSync } from "node:fs";
import path from "node:path";

/** The repository's root. */
export const root = path.resolve(import.meta.dirname, "..", "..");

/** Downloads and builds that can be made again. */
export const cacheFolder = given("SATSCONNECT_CACHE") ?? path.join(root, ".cache");

/** All state of the running system. Delete it to start afresh. */
export const homeFolder = given("SATSCONNECT_HOME") ?? path.join(root, ".satsconnect");

/** The pinned Node.js. */
export const nodeBinary = process.execPath;

/** A folder that the environment names, seen from where the command was called; empty is as good as not set. */
function given(variable: string): string | undefined {
  const value = process.env[variable]?.trim() ?? "";
  const from = process.env["SATSCONNECT_INVOKED_FROM"] ?? process.cwd();
  return value === "" ? undefined : path.resolve(from, value);
}

/** Makes a folder that only this user reads. */
export function privateFolder(...parts: readonly string[]): string {
  const folder = path.join(...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
