import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { CommandFailed, badInput } from "./command-failed.ts";

const file = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("open"), words: z.string() }),
  z.strictObject({
    kind: z.literal("sealed"),
    scrypt: z.strictObject({ salt: z.string(), cost: z.number(), blockSize: z.number() }),
    nonce: z.string(),
    sealed: z.string(),
    tag: z.string(),
  }),
]);

/** scrypt at 64 MB: a tenth of a second for one guess. */
const cost = 65_536;
const blockSize = 8;
const cipher = "aes-256-gcm";

function keyOf(passphrase: string, salt: Buffer, n: number, r: number): Buffer {
  return scryptSync(passphrase.normalize("NFKD"), salt, 32, { N: n, r, p: 1, maxmem: 256 * n * r });
}

/** Keeps the words, sealed under the passphrase, or in clear when it is null. Never overwrites. */
export function writeSeedFile(path: string, words: string, passphrase: string | null): void {
  if (existsSync(path)) throw badInput("wallet_exists", "There is a wallet of this name already.");
  let content: z.infer<typeof file>;
  if (passphrase === null) content = { kind: "open", words };
  else {
    const salt = randomBytes(16);
    const nonce = randomBytes(12);
    const seal = createCipheriv(cipher, keyOf(passphrase, salt, cost, blockSize), nonce);
    const sealed = Buffer.concat([seal.update(words, "utf8"), seal.final()]);
    content = {
      kind: "sealed",
      scrypt: { salt: salt.toString("hex"), cost, blockSize },
      nonce: nonce.toString("hex"),
      sealed: sealed.toString("hex"),
      tag: seal.getAuthTag().toString("hex"),
    };
  }
  writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The words. `passphrase` is asked for only when the file is sealed. */
export async function readSeedFile(
  path: string,
  passphrase: () => Promise<string>,
): Promise<string> {
  if (!existsSync(path)) {
    throw badInput("wallet_not_found", "There is no wallet of this name. Make one with `create`.");
  }
  const read = file.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!read.success)
    throw new CommandFailed("seed_file_damaged", "The wallet's seed file is damaged.");
  const content = read.data;
  if (content.kind === "open") return content.words;
  const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
  const { scrypt } = content;
  const key = keyOf(await passphrase(), bytes(scrypt.salt), scrypt.cost, scrypt.blockSize);
  const open = createDecipheriv(cipher, key, bytes(content.nonce));
  open.setAuthTag(bytes(content.tag));
  try {
    return Buffer.concat([open.update(bytes(content.sealed)), open.final()]).toString("utf8");
  } catch {
    throw badInput("passphrase_wrong", "The passphrase does not open this wallet.");
  }
}
