import { mkdirSync } from "node:fs";
import path from "node:path";

/** Root of the repository. */
export const root = path.resolve(import.meta.dirname, "..", "..");

/** Downloads and build results; can be deleted and recreated. */
export const cacheFolder = folderFrom("SATSCONNECT_CACHE") ?? path.join(root, ".cache");

/** State of the running system. Delete it to start from scratch. */
export const homeFolder = folderFrom("SATSCONNECT_HOME") ?? path.join(root, ".satsconnect");

/** The pinned Node.js. */
export const nodeBinary = process.execPath;

/** A folder named by an environment variable, relative to where the command was called. Empty counts as unset. */
function folderFrom(variable: string): string | undefined {
  const value = process.env[variable]?.trim() ?? "";
  const from = process.env["SATSCONNECT_INVOKED_FROM"] ?? process.cwd();
  return value === "" ? undefined : path.resolve(from, value);
}

/** Creates a folder with mode 0700. */
export function privateFolder(...parts: readonly string[]): string {
  const folder = path.join(...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
