import { readFileSync, statSync } from "node:fs";
import { ConfigurationError } from "./config.ts";

/**
 * Reads a secret stored as hex. The caller must wipe the returned bytes.
 * @param lengths the lengths in bytes that are accepted.
 * @throws ConfigurationError when the file is unreadable or has another length.
 */
export function readSecretFile(file: string, lengths: readonly number[]): Uint8Array<ArrayBuffer> {
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    const { code = "?" } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${file} cannot be read: ${code}.`, { cause: error });
  }
  const decoded = Buffer.from(text.toString("latin1").trim(), "hex");
  text.fill(0);
  const bytes = new Uint8Array(decoded);
  decoded.fill(0);
  if (!lengths.includes(bytes.length)) {
    throw new ConfigurationError(`${file} must contain ${lengths.join(" or ")} bytes in hex.`);
  }
  return bytes;
}

/** The file's mode, as in `stat`. */
export function fileMode(file: string): number {
  return statSync(file).mode;
}
