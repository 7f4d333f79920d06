import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { cleanPasted, err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** Twelve BIP 39 words (English list) from 128 bits of the system's CSPRNG. */
export function newMnemonic(): string {
  return generateMnemonic(wordlist, 128);
}

/**
 * The words of a text in their order, in lower case. Everything but letters separates words. Words that are all numbered
 * (`1. legal 2. winner`) are in the order of their numbers: a list that is printed in two columns is copied line by line.
 */
export function recoveryWordsIn(text: string): readonly string[] {
  const plain = cleanPasted(text).normalize("NFKD").toLowerCase();
  const parts = withoutLabels(plain.match(/\d+|[\p{L}\p{M}]+/gu) ?? []);
  const words = parts.filter((part) => !isNumber(part));
  const numbers = parts.filter(isNumber).map(Number);
  const isNumbered =
    numbers.length === words.length &&
    parts.every((part, at) => isNumber(part) === (isNumber(parts[0] ?? "") === (at % 2 === 0)));
  const first = Math.min(...numbers);
  const isComplete =
    new Set(numbers).size === words.length && first + words.length - 1 === Math.max(...numbers);
  if (!isNumbered || first > 1 || !isComplete) return words;
  return words
    .map((word, at) => ({ word, number: numbers[at] ?? 0 }))
    .toSorted((one, other) => one.number - other.number)
    .map(({ word }) => word);
}

/** `Word 1: legal, Word 2: winner`: what stands before every number is a label, even if it is in the word list. */
function withoutLabels(parts: readonly string[]): readonly string[] {
  const isLabelled =
    parts.length >= 6 &&
    parts.length % 3 === 0 &&
    parts.every((part, at) =>
      at % 3 === 0 ? part === parts[0] : isNumber(part) === (at % 3 === 1),
    );
  return isLabelled ? parts.filter((_, at) => at % 3 !== 0) : parts;
}

const isNumber = (part: string): boolean => /^\d/u.test(part);

/** The words of the list begin with four letters of their own, so that four are enough on a steel plate (BIP 39). */
function complete(word: string): string {
  if (word.length < 4 || wordlist.includes(word)) return word;
  const [only, ...others] = wordlist.filter((known) => known.startsWith(word));
  return only !== undefined && others.length === 0 ? only : word;
}

/**
 * Reads a typed or pasted mnemonic and returns it in the form that the seed is derived from: lower case, single spaces.
 * Words may be numbered, separated by punctuation, or shortened to four letters. Error messages say what is wrong without
 * repeating any word.
 */
export function parseMnemonic(
  text: string,
): Result<string, "words_count" | "word_unknown" | "words_checksum"> {
  const words = recoveryWordsIn(text).map(complete);
  if (words.length !== 12 && words.length !== 24) {
    return err(
      "words_count",
      `A wallet has 12 or 24 words; you entered ${String(words.length)}.`,
      "never",
    );
  }
  const unknown = words.findIndex((word) => !wordlist.includes(word));
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
