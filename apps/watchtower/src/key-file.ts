import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { towerKey } from "@satsconnect/contracts/watchtower";
import type { TowerKey } from "@satsconnect/contracts/watchtower";
import { ConfigurationError } from "./config.ts";

/** Reads the watchtower's key. @throws ConfigurationError if the file is unreadable, malformed or readable by others */
export function readTowerKey(file: string): TowerKey {
  let text: string;
  try {
    text = readFileSync(file, "latin1").trim();
    if ((statSync(file).mode & 0o077) !== 0)
      throw new ConfigurationError(`${file} can be read by other users: set its mode to 0600.`);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const { code = "?" } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${file} cannot be read: ${code}.`, { cause: error });
  }
  if (!/^[0-9a-f]{64}$/u.test(text))
    throw new ConfigurationError(`${file} must contain 32 bytes in hex.`);
  return towerKey(new Uint8Array(Buffer.from(text, "hex")), () => new Uint8Array(randomBytes(32)));
}
