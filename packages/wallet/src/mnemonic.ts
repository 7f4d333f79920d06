import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** Twelve words from the system's generator: 128 bits (BIP 39, English list). */
export function newMnemonic(): string {
  return generateMnemonic(wordlist, 128);
}

/**
 * Brings what a person typed into the form that the seed is made from: lower case, single spaces.
 * Errors name what is wrong with it without repeating the words.
 */
export function parseMnemonic(
  text: string,
): Result<string, "words_count" | "word_unknown" | "words_checksum"> {
  const words = text.normalize("NFKD").trim().toLowerCase().split(/\s+/u);
  if (words.length !== 12 && words.length !== 24) {
    return err(
      "words_count",
      `A wallet has 12 words (or 24); these are ${String(words.length)}.`,
      "never",
    );
  }
  const known = new Set(wordlist);
  const unknown = words.findIndex((word) => !known.has(word));
  if (unknown >= 0) {
    return err(
      "word_unknown",
      `Word ${String(unknown + 1)} is not one of the 2,048 words.`,
      "never",
    );
  }
  const mnemonic = words.join(" ");
  return validateMnemonic(mnemonic, wordlist)
    ? ok(mnemonic)
    : err(
        "words_checksum",
        "These words do not belong together. Check their order and each word.",
        "never",
      );
}

/**
 * The 64-byte seed (BIP 39). The caller wipes it once the core has it.
 * @param passphrase the optional 13th secret: another passphrase is another wallet.
 */
export function seedOf(mnemonic: string, passphrase = ""): Uint8Array {
  return mnemonicToSeedSync(mnemonic, passphrase);
}
