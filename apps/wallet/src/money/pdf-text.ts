/*
 * Text in a PDF's built-in fonts (ISO 32000-1, Annex D): WinAnsi encoding, which is Windows code page 1252. Letters that it
 * lacks, such as the ũ of Kikuyu names, are drawn as their base letter and its accent; what is copied from the file or
 * read aloud is the text as it was written.
 */

/** The characters of 0x80 to 0x9F. Unassigned places have a zero. */
const upperControls = "€\u0000‚ƒ„…†‡ˆ‰Š‹Œ\u0000Ž\u0000\u0000‘’“”•–—˜™š›œ\u0000žŸ";
const winAnsi: ReadonlyMap<string, string> = new Map(
  Array.from(upperControls, (character, at) => [character, String.fromCodePoint(0x80 + at)]),
);

/** Letters that do not decompose into a base letter and an accent, and signs that have a plain form. */
const substitutes: ReadonlyMap<string, string> = new Map([
  ["−", "-"],
  ["‐", "-"],
  ["‑", "-"],
  ["‒", "–"],
  ["―", "—"],
  ["′", "'"],
  ["″", '"'],
  ["ʼ", "’"],
  ["ŋ", "n"],
  ["Ŋ", "N"],
  ["ɛ", "e"],
  ["Ɛ", "E"],
  ["ɔ", "o"],
  ["Ɔ", "O"],
  ["ɓ", "b"],
  ["ɗ", "d"],
  ["đ", "d"],
  ["Đ", "D"],
  ["ł", "l"],
  ["Ł", "L"],
  ["ı", "i"],
]);

/** Accents of WinAnsi by their combining characters. */
const accents: ReadonlyMap<string, string> = new Map([
  ["\u0300", "`"],
  ["\u0301", "\u00b4"],
  ["\u0302", "\u0088"],
  ["\u0303", "\u0098"],
  ["\u0308", "\u00a8"],
]);

/** Widths in thousandths of the font size (Adobe's metrics) of the letters that carry accents; the accents have 333. */
const widths: Readonly<Record<"R" | "B", Readonly<Record<string, number>>>> = {
  R: {
    a: 556,
    e: 556,
    i: 222,
    n: 556,
    o: 556,
    u: 556,
    y: 500,
    w: 722,
    A: 667,
    E: 667,
    I: 278,
    N: 722,
    O: 778,
    U: 722,
    Y: 667,
    W: 944,
  },
  B: {
    a: 556,
    e: 556,
    i: 278,
    n: 611,
    o: 611,
    u: 611,
    y: 556,
    w: 778,
    A: 722,
    E: 667,
    I: 278,
    N: 722,
    O: 778,
    U: 722,
    Y: 667,
    W: 944,
  },
};
const accentWidth = 333;
/** How much higher an accent is drawn over a capital letter, as a share of the font size. */
const capitalRise = 0.2;

/** The text in WinAnsi, a character for each byte; "?" for what has no form in it. */
export function winAnsiText(text: string): string {
  return lettersOf(text)
    .map(({ drawn }) => drawn)
    .join("");
}

type Letter = { readonly drawn: string; readonly accent: string | undefined };

function lettersOf(text: string): readonly Letter[] {
  return Array.from(text.normalize("NFC"), (character) => {
    const exact = encode(character);
    if (exact !== undefined) return { drawn: exact, accent: undefined };
    const [base = "", ...marks] = character.normalize("NFD");
    // a mark that stands alone changes the letter before it
    if (/^\p{M}$/u.test(character)) return { drawn: "", accent: undefined };
    const accent = marks.length === 1 ? accents.get(marks[0] ?? "") : undefined;
    return { drawn: (marks.length > 0 ? encode(base) : undefined) ?? "?", accent };
  });
}

function encode(character: string): string | undefined {
  const plain = substitutes.get(character) ?? character;
  const code = plain.codePointAt(0) ?? 0;
  if ((code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code < 0x1_00)) return plain;
  return code === 0 ? undefined : winAnsi.get(plain);
}

const escaped = (text: string): string => text.replaceAll(/[()\\]/gu, String.raw`\$&`);

/** The operators that write a line of text with its left end at `x`, `y`. */
export function textOperators(
  x: number,
  y: number,
  size: number,
  font: "R" | "B",
  text: string,
): readonly string[] {
  const letters = lettersOf(text);
  const drawn = letters.map((letter) => letter.drawn).join("");
  const begin = `BT /${font} ${String(size)} Tf ${String(x)} ${String(y)} Td`;
  const lines = [`${begin} (${escaped(drawn)}) Tj ET`];
  if (letters.every((letter, at) => letter.drawn === Array.from(text.normalize("NFC"))[at]))
    return lines;
  const marks: string[] = [];
  for (const [at, { drawn: base, accent }] of letters.entries()) {
    const width = widths[font][base];
    if (accent === undefined || width === undefined) continue;
    const before = letters
      .slice(0, at + 1)
      .map((letter) => letter.drawn)
      .join("");
    const back = (width + accentWidth) / 2;
    const rise = base === base.toUpperCase() ? size * capitalRise : 0;
    // the text before the accent is passed invisibly, so that the reader's own metrics place it
    marks.push(
      `${begin} 3 Tr [(${escaped(before)}) ${String(back)}] TJ 0 Tr ${String(rise)} Ts (${accent}) Tj 0 Ts ET`,
    );
  }
  return [
    `/Span << /ActualText <${utf16(text)}> >> BDC`,
    ...lines,
    "EMC",
    ...(marks.length === 0 ? [] : ["/Artifact BMC", ...marks, "EMC"]),
  ];
}

/** UTF-16 with a byte-order mark, in hexadecimal digits. */
function utf16(text: string): string {
  let digits = "FEFF";
  for (let at = 0; at < text.length; at += 1)
    // eslint-disable-next-line unicorn/prefer-code-point -- halves of a pair are written one by one
    digits += text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  return digits;
}
