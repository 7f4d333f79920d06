import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** Twelve BIP 39 words (English list) from 128 bits of the system's CSPRNG. */
export function newMnemonic(): string {
  return generateMnemonic(wordlist, 128);
}

/**
 * Normalises a typed mnemonic to the form that the seed is derived from: lower case, single spaces. Error messages say
 * what is wrong without repeating any word.
 */
export function parseMnemonic(
  text: string,
): Result<string, "words_count" | "word_unknown" | "words_checksum"> {
  const words = text.normalize("NFKD").trim().toLowerCase().split(/\s+/u);
  if (words.length !== 12 && words.length !== 24) {
    return err(
      "words_count",
      `A wallet has 12 or 24 words; you entered ${String(words.length)}.`,
      "never",
    );
  }
  const known = new Set(wordlist);
  const unknown = words.findIndex((word) => !known.has(word));
  if (unknown >= 0) {
    return err(
      "word_unknown",
      `Word ${String(unknown + 1)} is not in the BIP 39 word list. Check its spelling.`,
      "never",
    );
  }
  const mnemonic = words.join(" ");
  return validateMnemonic(mnemonic, wordlist)
    ? ok(mnemonic)
    : err(
        "words_checksum",
        "The checksum does not match. Check every word and their order.",
        "never",
      );
}

/**
 * Derives the 64-byte seed (BIP 39). The caller must wipe it once the core has it.
 * @param passphrase BIP 39's optional passphrase; a different passphrase gives a different wallet
 */
export function seedOf(mnemonic: string, passphrase = ""): Uint8Array {
  return mnemonicToSeedSync(mnemonic, passphrase);
}
