import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** A secret, in every form in which it could be written down. */
export type Needle = { readonly name: string; readonly forms: readonly Buffer[] };

export function bytesNeedle(name: string, bytes: Uint8Array): Needle {
  const raw = Buffer.from(bytes);
  const hex = raw.toString("hex");
  return {
    name,
    forms: [
      raw,
      Buffer.from(hex),
      Buffer.from(hex.toUpperCase()),
      // Without what depends on where it stands: base64 in any of three alignments holds one of these.
      ...[0, 1, 2].map((skip) => {
        const text = raw.subarray((3 - skip) % 3).toString("base64");
        return Buffer.from(text.slice(0, Math.floor((raw.length - 3) / 3) * 4));
      }),
    ],
  };
}

/** Any four of the words in a row give a wallet away. */
export function wordsNeedle(name: string, words: string): Needle {
  const list = words.split(" ");
  const forms = list
    .slice(0, -3)
    .flatMap((_word, place) =>
      [" ", ",", '","'].map((between) => Buffer.from(list.slice(place, place + 4).join(between))),
    );
  return { name, forms };
}

/** The names of the needles that are in the hay. */
export function findNeedles(hay: Buffer, needles: readonly Needle[]): readonly string[] {
  return needles
    .filter(({ forms }) => forms.some((form) => hay.includes(form)))
    .map(({ name }) => name);
}

/** Every file below a folder, except below what is left out. */
function filesBelow(folder: string, leaveOut: readonly string[]): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const whole = path.join(folder, name);
    if (leaveOut.includes(whole)) return [];
    // Follows links: the data of Postgres may lie elsewhere.
    const stat = statSync(whole);
    if (stat.isDirectory()) return filesBelow(whole, leaveOut);
    return stat.isFile() ? [whole] : [];
  });
}

/** Where in the files of a folder which needle lies, `file: needle` each. */
export function searchFiles(
  folder: string,
  needles: readonly Needle[],
  leaveOut: readonly string[],
): readonly string[] {
  return filesBelow(folder, leaveOut).flatMap((file) =>
    findNeedles(readFileSync(file), needles).map(
      (name) => `${path.relative(folder, file)}: ${name}`,
    ),
  );
}
