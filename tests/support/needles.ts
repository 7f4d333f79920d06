import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** A secret in every encoding to search for. */
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
      // The part of the base64 form that does not depend on the neighbouring bytes, for each of the three alignments.
      ...[0, 1, 2].map((skip) => {
        const text = raw.subarray((3 - skip) % 3).toString("base64");
        return Buffer.from(text.slice(0, Math.floor((raw.length - 3) / 3) * 4));
      }),
    ],
  };
}

/** Any four consecutive recovery words count as a leak. */
export function wordsNeedle(name: string, words: string): Needle {
  const list = words.split(" ");
  const forms = list
    .slice(0, -3)
    .flatMap((_word, index) =>
      [" ", ",", '","'].map((between) => Buffer.from(list.slice(index, index + 4).join(between))),
    );
  return { name, forms };
}

/** Names of the needles found in `data`. */
export function findNeedles(data: Buffer, needles: readonly Needle[]): readonly string[] {
  return needles
    .filter(({ forms }) => forms.some((form) => data.includes(form)))
    .map(({ name }) => name);
}

/** All files below a folder, except those below `excluded`. */
function filesBelow(folder: string, excluded: readonly string[]): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    if (excluded.includes(file)) return [];
    // Follows symbolic links: Postgres's data may be stored elsewhere.
    const stat = statSync(file);
    if (stat.isDirectory()) return filesBelow(file, excluded);
    return stat.isFile() ? [file] : [];
  });
}

/** Searches all files of a folder. @returns `file: needle` for each match. */
export function searchFiles(
  folder: string,
  needles: readonly Needle[],
  excluded: readonly string[],
): readonly string[] {
  return filesBelow(folder, excluded).flatMap((file) =>
    findNeedles(readFileSync(file), needles).map(
      (name) => `${path.relative(folder, file)}: ${name}`,
    ),
  );
}
