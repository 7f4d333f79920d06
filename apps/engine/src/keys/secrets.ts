import { readFileSync, statSync } from "node:fs";
import { ConfigurationError } from "../config.ts";
import { unwrap } from "./unwrap.ts";

/** A file with secrets, one in each line: in hex, or `wrapped:` and a text that `unwrapCommand` decrypts. */
export type SecretSource = {
  /** The variable that names the file. */
  readonly name: string;
  readonly file: string;
  /** The lengths in bytes that are accepted. */
  readonly lengths: readonly number[];
  readonly unwrapCommand: string | undefined;
};

const wrappedPrefix = "wrapped:";

/**
 * Reads the secrets of a source, in the file's order; at least one. Empty lines and lines that begin with `#` are
 * skipped. The caller must wipe the returned bytes.
 * @throws ConfigurationError when the file is unreadable, when other users can read it, or when a secret has another
 *   length or cannot be unwrapped. The message never has a secret.
 */
export async function readSecrets(source: SecretSource): Promise<Uint8Array<ArrayBuffer>[]> {
  const { name, file, lengths, unwrapCommand } = source;
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    const { code = "?" } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${name} (${file}) cannot be read: ${code}.`, { cause: error });
  }
  const lines = text
    .toString("latin1")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  text.fill(0);
  if (lines.length === 0) throw new ConfigurationError(`${name} (${file}) contains no secret.`);
  const inClear = lines.some((line) => !line.startsWith(wrappedPrefix));
  if (inClear && (statSync(file).mode & 0o077) !== 0) {
    throw new ConfigurationError(`${name} (${file}) can be read by other users; set mode 0600.`);
  }
  const secrets: Uint8Array<ArrayBuffer>[] = [];
  for (const [index, line] of lines.entries()) {
    const where = `Secret ${index + 1} of ${name} (${file})`;
    let bytes: Uint8Array<ArrayBuffer>;
    if (line.startsWith(wrappedPrefix)) {
      if (unwrapCommand === undefined)
        throw new ConfigurationError(`${where} is wrapped: set UNWRAP_COMMAND.`);
      const answer = await unwrap(unwrapCommand, line.slice(wrappedPrefix.length).trim()).catch(
        (error: unknown) => {
          if (!(error instanceof ConfigurationError)) throw error;
          throw new ConfigurationError(`${where}: ${error.message}`, { cause: error });
        },
      );
      bytes = bytesOfHex(answer.toString("latin1").trim());
      answer.fill(0);
    } else bytes = bytesOfHex(line);
    if (!lengths.includes(bytes.length)) {
      bytes.fill(0);
      throw new ConfigurationError(`${where} must be ${lengths.join(" or ")} bytes in hex.`);
    }
    secrets.push(bytes);
  }
  return secrets;
}

/** Empty when the text is not hex. */
function bytesOfHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^(?:[0-9a-fA-F]{2})+$/u.test(text)) return new Uint8Array();
  const decoded = Buffer.from(text, "hex");
  const bytes = new Uint8Array(decoded);
  decoded.fill(0);
  return bytes;
}
