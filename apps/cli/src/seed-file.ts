import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { CommandFailed, badInput } from "./command-failed.ts";

const seedFile = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("open"), words: z.string() }),
  z.strictObject({
    kind: z.literal("sealed"),
    scrypt: z.strictObject({ salt: z.string(), cost: z.number(), blockSize: z.number() }),
    nonce: z.string(),
    sealed: z.string(),
    tag: z.string(),
  }),
]);

/** scrypt parameters: 64 MiB of memory and about a tenth of a second per guess. */
const scryptCost = 65_536;
const scryptBlockSize = 8;
const cipher = "aes-256-gcm";

function deriveKey(passphrase: string, salt: Buffer, cost: number, blockSize: number): Buffer {
  return scryptSync(passphrase.normalize("NFKD"), salt, 32, {
    N: cost,
    r: blockSize,
    p: 1,
    maxmem: 256 * cost * blockSize,
  });
}

/**
 * Writes the mnemonic to a new file, encrypted with AES-256-GCM under a key that scrypt derives from the passphrase, or
 * in clear text if the passphrase is null. Never overwrites a file. @throws CommandFailed
 */
export function writeSeedFile(path: string, words: string, passphrase: string | null): void {
  if (existsSync(path))
    throw badInput(
      "wallet_exists",
      "A wallet with this name already exists. Choose another name with --wallet.",
    );
  let content: z.infer<typeof seedFile>;
  if (passphrase === null) content = { kind: "open", words };
  else {
    const salt = randomBytes(16);
    const nonce = randomBytes(12);
    const encrypt = createCipheriv(
      cipher,
      deriveKey(passphrase, salt, scryptCost, scryptBlockSize),
      nonce,
    );
    const sealed = Buffer.concat([encrypt.update(words, "utf8"), encrypt.final()]);
    content = {
      kind: "sealed",
      scrypt: { salt: salt.toString("hex"), cost: scryptCost, blockSize: scryptBlockSize },
      nonce: nonce.toString("hex"),
      sealed: sealed.toString("hex"),
      tag: encrypt.getAuthTag().toString("hex"),
    };
  }
  writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Reads the mnemonic. `passphrase` is called only if the file is encrypted. @throws CommandFailed */
export async function readSeedFile(
  path: string,
  passphrase: () => Promise<string>,
): Promise<string> {
  if (!existsSync(path)) {
    throw badInput(
      "wallet_not_found",
      "No wallet with this name exists. Create one with `create`.",
    );
  }
  const parsed = seedFile.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success)
    throw new CommandFailed(
      "seed_file_damaged",
      `The seed file ${path} is damaged. Move it away and run \`restore\` with your 12 words.`,
    );
  const content = parsed.data;
  if (content.kind === "open") return content.words;
  const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
  const { scrypt } = content;
  const key = deriveKey(await passphrase(), bytes(scrypt.salt), scrypt.cost, scrypt.blockSize);
  const decrypt = createDecipheriv(cipher, key, bytes(content.nonce));
  decrypt.setAuthTag(bytes(content.tag));
  try {
    return Buffer.concat([decrypt.update(bytes(content.sealed)), decrypt.final()]).toString("utf8");
  } catch {
    throw badInput("passphrase_wrong", "Wrong passphrase.");
  }
}
