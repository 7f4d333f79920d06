// Writes the app's three fonts from the npm packages, reduced to the characters that English, Swahili and money need,
// as TrueType and WOFF2.
import { readFileSync, writeFileSync } from "node:fs";
import subsetFont from "subset-font";
const letters =
  Array.from({ length: 0x17f - 0x20 }, (_, i) => String.fromCodePoint(i + 0x20)).join("") +
  "–—‘’“”•…−×≈₿←→";
const files = {
  "Barlow-Medium": "@fontsource/barlow/files/barlow-latin-500-normal.woff2",
  "Barlow-SemiBold": "@fontsource/barlow/files/barlow-latin-600-normal.woff2",
  "BarlowCondensed-SemiBold":
    "@fontsource/barlow-condensed/files/barlow-condensed-latin-600-normal.woff2",
};
for (const [name, file] of Object.entries(files)) {
  const source = readFileSync(new URL(import.meta.resolve(file)));
  for (const [format, ending] of [
    ["truetype", "ttf"],
    ["woff2", "woff2"],
  ]) {
    const out = await subsetFont(source, letters, { targetFormat: format });
    writeFileSync(new URL(`../assets/fonts/${name}.${ending}`, import.meta.url), out);
    console.log(name, ending, out.length);
  }
}
