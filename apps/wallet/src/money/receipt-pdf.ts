import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import { textOperators } from "./pdf-text.ts";
import type { Receipt } from "./receipt.ts";

/*
 * A receipt as a one-page PDF (ISO 32000-1) with real text in the reader's built-in Helvetica: small, searchable, and
 * written without a library.
 */

const page = { width: 298, height: 420 };
const margin = 56;
const textLeft = 72;

/** Breaks a text into lines of at most `max` characters: hashes have no spaces to break at. */
function breakLines(text: string, max: number): readonly string[] {
  const characters = Array.from(text.normalize("NFC"));
  const lines: string[] = [];
  for (let at = 0; at < characters.length; at += max)
    lines.push(characters.slice(at, at + max).join(""));
  return lines.length === 0 ? [""] : lines;
}

type Cursor = { y: number; readonly out: string[] };

function write(cursor: Cursor, x: number, size: number, bold: boolean, text: string): void {
  cursor.out.push(...textOperators(x, cursor.y, size, bold ? "B" : "R", text));
}

/** The bytes of the PDF file. */
export function receiptPdf(receipt: Receipt, words: MoneyWords): Uint8Array<ArrayBuffer> {
  const cursor: Cursor = { y: page.height - 40, out: [] };
  cursor.out.push(
    "0.953 0.929 0.882 rg",
    `0 -600 ${String(margin)} ${String(page.height + 600)} re f`,
    "0.102 0.086 0.067 rg",
    `${String(margin)} -600 2 ${String(page.height + 600)} re f`,
  );
  write(cursor, textLeft, 10, false, words.receipt.made);
  cursor.y -= 22;
  write(cursor, textLeft, 16, true, receipt.title);
  cursor.y -= 22;
  write(cursor, textLeft, 9, false, receipt.label);
  cursor.y -= 30;
  if (receipt.kes !== null) {
    write(cursor, 14, 12, true, words.units.kes);
    write(cursor, textLeft, 32, true, receipt.kes);
    cursor.y -= 18;
  }
  write(cursor, 14, 10, false, words.units.sats);
  write(cursor, textLeft, 12, false, receipt.sats);
  cursor.y -= 24;
  for (const line of receipt.lines) {
    if (line.sign !== "") write(cursor, 14, 11, true, line.sign);
    write(cursor, textLeft, 10, false, line.label);
    write(cursor, 230, 10, true, line.amount);
    cursor.y -= 16;
  }
  if (receipt.total !== null) {
    cursor.out.push(`0 ${String(cursor.y + 10)} ${String(page.width)} 1.5 re f`);
    cursor.y -= 4;
    write(cursor, 14, 11, true, "=");
    write(cursor, textLeft, 11, true, receipt.total.label);
    write(cursor, 230, 12, true, receipt.total.amount);
    cursor.y -= 24;
  }
  for (const fact of receipt.facts) {
    write(cursor, textLeft, 8, false, fact.label);
    cursor.y -= 10;
    for (const line of breakLines(fact.value, 44)) {
      write(cursor, textLeft, 9, true, line);
      cursor.y -= 11;
    }
    cursor.y -= 3;
  }
  return fileOf(cursor.out.join("\n"), Math.min(0, cursor.y - 20));
}

function fileOf(content: string, bottom: number): Uint8Array<ArrayBuffer> {
  const font = (name: string) =>
    `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 ${String(bottom)} ${String(page.width)} ${String(page.height)}] ` +
      "/Resources << /Font << /R 4 0 R /B 5 0 R >> >> /Contents 6 0 R >>",
    font("Helvetica"),
    font("Helvetica-Bold"),
    `<< /Length ${String(content.length)} >>\nstream\n${content}\nendstream`,
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${String(index + 1)} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = file.length;
  file += `xref\n0 ${String(objects.length + 1)}\n0000000000 65535 f \n`;
  for (const offset of offsets) file += `${String(offset).padStart(10, "0")} 00000 n \n`;
  file += `trailer\n<< /Size ${String(objects.length + 1)} /Root 1 0 R >>\nstartxref\n${String(table)}\n%%EOF\n`;
  // Every character is one byte, so string offsets equal byte offsets.
  return Uint8Array.from(file, (character) => character.codePointAt(0) ?? 63);
}
