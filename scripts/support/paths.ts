import { mkdirSync } from "node:fs";
import path from "node:path";

/** The repository's root. */
export const root = path.resolve(import.meta.dirname, "..", "..");

/** Downloads and builds that can be made again. */
export const cacheFolder = process.env["SATSCONNECT_CACHE"] ?? path.join(root, ".cache");

/** All state of the running system. Delete it to start afresh. */
export const homeFolder = process.env["SATSCONNECT_HOME"] ?? path.join(root, ".satsconnect");

/** The pinned Node.js. */
export const nodeBinary = process.execPath;

/** Makes a folder that only this user reads. */
export function privateFolder(...parts: readonly string[]): string {
  const folder = path.join(...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
