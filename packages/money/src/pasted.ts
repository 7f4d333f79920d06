/*
 * Text that a person pastes or types comes from chats, contact books, mails and PDFs, which add characters that nobody
 * sees and replace others by ones that look alike.
 */

/**
 * Characters that occupy no place: Unicode's Default_Ignorable_Code_Point, which not every JavaScript engine knows by
 * that name, the interlinear annotations, and the keycap around a digit. U+202E is not among them: see `cleanPasted`.
 */
const invisible: readonly (readonly [first: number, last: number])[] = [
  [0x00_ad, 0x00_ad],
  [0x03_4f, 0x03_4f],
  [0x06_1c, 0x06_1c],
  [0x11_5f, 0x11_60],
  [0x17_b4, 0x17_b5],
  [0x18_0b, 0x18_0f],
  [0x20_0b, 0x20_0f],
  [0x20_2a, 0x20_2d],
  [0x20_60, 0x20_6f],
  [0x20_e3, 0x20_e3],
  [0x31_64, 0x31_64],
  [0xfe_00, 0xfe_0f],
  [0xfe_ff, 0xfe_ff],
  [0xff_a0, 0xff_a0],
  [0xff_f0, 0xff_fb],
  [0x1_bc_a0, 0x1_bc_a3],
  [0x1_d1_73, 0x1_d1_7a],
  [0xe_00_00, 0xe_0f_ff],
];
const lineBreak = /[\n\v\f\r\u0085\u2028\u2029]/u;
/** Braille's blank is a letter to Unicode, and a blank to the reader. */
const blank = /[\s\u2800]/u;
const control = /\p{Cc}/u;
const decimalDigit = /\p{Nd}/u;
const dash = /[\p{Pd}\u2043\u2212]/u;

const lookalikes: ReadonlyMap<string, string> = new Map([
  ...Array.from("‘’‚‛′`´ʼʹ‹›", (quote) => [quote, "'"] as const),
  ...Array.from("“”„‟″«»", (quote) => [quote, '"'] as const),
  ...Array.from("∕⁄", (slash) => [slash, "/"] as const),
  // the separators of Arabic numbers
  ["٫", "."],
  ["٬", ","],
  ["،", ","],
]);

/**
 * Prepares pasted text for every parser of phone numbers, invoices, recovery words and amounts. Removes invisible
 * characters; writes digits of any script, full-width letters, dashes and quotes as ASCII; makes every blank a space or a
 * line feed; trims.
 *
 * It changes nothing that a reader could take for something else: a superscript or a circled digit stays as it is. So
 * does U+202E, which shows the text after it in reverse: what is seen is then not what is written, and parsers refuse it.
 */
export function cleanPasted(text: string): string {
  return Array.from(text.replaceAll("\r\n", "\n"), asciiOf).join("").trim();
}

function asciiOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (invisible.some(([first, last]) => code >= first && code <= last)) return "";
  if (lineBreak.test(character)) return "\n";
  if (blank.test(character)) return " ";
  if (control.test(character)) return "";
  if (character < "\u0080") return character;
  if (decimalDigit.test(character)) return String(digitValue(character));
  const plain = lookalikes.get(character) ?? (dash.test(character) ? "-" : undefined);
  if (plain !== undefined) return plain;
  const compatible = character.normalize("NFKC");
  if (dash.test(compatible) && Array.from(compatible).length === 1) return "-";
  return /^[!-/:-~]$/u.test(compatible) ? compatible : character;
}

/** Unicode lists each script's digits in a row from zero to nine, and nothing else of their category beside them. */
function digitValue(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  let first = code;
  while (decimalDigit.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}
