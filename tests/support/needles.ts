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
    .flatMap((_word, place) =>
      [" ", ",", '","'].map((between) => Buffer.from(list.slice(place, place + 4).join(between))),
    );
  return { name, forms };
}

/** Names of the needles found in `hay`. */
export function findNeedles(hay: Buffer, needles: readonly Needle[]): readonly string[] {
  return needles
    .filter(({ forms }) => forms.some((form) => hay.includes(form)))
    .map(({ name }) => name);
}

/** All files below a folder, except those below `leaveOut`. */
function filesBelow(folder: string, leaveOut: readonly string[]): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const whole = path.join(folder, name);
    if (leaveOut.includes(whole)) return [];
    // Follows symbolic links: Postgres's data may be stored elsewhere.
    const stat = statSync(whole);
    if (stat.isDirectory()) return filesBelow(whole, leaveOut);
    return stat.isFile() ? [whole] : [];
  });
}

/** Searches all files of a folder. @returns `file: needle` for each match. */
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
