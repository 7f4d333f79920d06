import { fonts, light } from "../../design/tokens.ts";
import type { MoneyWords } from "../../i18n/catalogues/money-screens.en.ts";
import type { Receipt } from "../../money/receipt.ts";

const width = 720;
const margin = 136;
const textLeft = 176;
const edge = 688;

/**
 * Draws a receipt as a picture in the light theme, which prints well. Returns PNG bytes, or null where the canvas is
 * unavailable.
 */
export async function drawReceipt(
  receipt: Receipt,
  words: MoneyWords,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const canvas = document.createElement("canvas");
  const height =
    560 +
    receipt.lines.length * 52 +
    receipt.facts.length * 56 +
    (receipt.saying === null ? 0 : 90);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) return null;
  const { page, margin: tint, ink, ink2, hairline } = light;

  const text = (
    content: string,
    x: number,
    y: number,
    font: string,
    size: number,
    color: string,
    align: CanvasTextAlign = "left",
  ) => {
    let fitted = size;
    context.textAlign = align;
    context.fillStyle = color;
    do {
      context.font = `${String(fitted)}px "${font}", sans-serif`;
      fitted -= 2;
    } while (
      fitted > 16 &&
      context.measureText(content).width > (align === "right" ? 380 : edge - x)
    );
    context.fillText(content, x, y);
  };
  const rule = (y: number, color: string, thick: number) => {
    context.fillStyle = color;
    context.fillRect(0, y, width, thick);
  };

  context.fillStyle = page;
  context.fillRect(0, 0, width, height);
  context.fillStyle = tint;
  context.fillRect(0, 0, margin, height);
  context.fillStyle = ink;
  context.fillRect(margin, 0, 4, height);
  kangaBorder(context, page, ink);

  text(receipt.title, textLeft, 150, fonts.figure, 48, ink);
  text(receipt.label, textLeft, 206, fonts.text, 30, ink2);
  if (receipt.kes !== null) {
    text(words.units.kes, 32, 326, fonts.figure, 40, ink);
    text(receipt.kes, textLeft, 326, fonts.figure, 128, ink);
  }
  text(words.units.sats, 32, 376, fonts.figure, 34, ink2);
  text(receipt.sats, textLeft, 376, fonts.text, 38, ink2);
  let y = 410;
  rule(y, hairline, 2);
  y += 14;
  for (const line of receipt.lines) {
    y += 42;
    text(line.sign, 32, y, fonts.figure, 40, ink);
    text(line.label, textLeft, y, fonts.text, 34, ink);
    text(line.amount, edge, y, fonts.figure, 44, ink, "right");
    y += 10;
  }
  if (receipt.total !== null) {
    y += 12;
    rule(y, ink, 4);
    y += 52;
    text("=", 32, y, fonts.figure, 40, ink);
    text(receipt.total.label, textLeft, y, fonts.textStrong, 34, ink);
    text(receipt.total.amount, edge, y, fonts.figure, 52, ink, "right");
    y += 24;
  }
  rule(y, hairline, 2);
  for (const fact of receipt.facts) {
    y += 52;
    text(fact.label, textLeft, y, fonts.text, 28, ink2);
    text(fact.value, edge, y, fonts.text, 32, ink, "right");
  }
  if (receipt.saying !== null) {
    y += 34;
    rule(y, hairline, 2);
    text(receipt.saying.toUpperCase(), textLeft, y + 56, fonts.figure, 34, ink);
  }
  text(words.receipt.made, textLeft, height - 28, fonts.text, 26, ink2);

  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
  return blob === null ? null : new Uint8Array(await blob.arrayBuffer());
}

/** The kanga border at twice its size on the page. */
function kangaBorder(context: CanvasRenderingContext2D, page: string, ink: string): void {
  const drawing = new Path2D(
    "M0 0h24v4H0zM0 8h24L12 20zM0 16l6 6-6 6zM24 16l-6 6 6 6zM0 30h24v4H0z",
  );
  context.fillStyle = page;
  context.fillRect(0, 0, width, 68);
  context.fillStyle = ink;
  for (let x = 0; x < width; x += 48) {
    context.save();
    context.translate(x, 0);
    context.scale(2, 2);
    // `fill` of the canvas context, not of an array.
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type
    context.fill(drawing);
    context.restore();
  }
}
