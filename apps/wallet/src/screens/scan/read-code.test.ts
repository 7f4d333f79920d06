import { encodeQR } from "qr";
import { describe, expect, it } from "vitest";
import { readPixels } from "./read-code.ts";

/** A QR code as a camera sees it, on a grey background. */
function picture(text: string, pixels: number, dark = 40, bright = 215) {
  const matrix = encodeQR(text, "raw", { ecc: "medium", border: 4 });
  const side = matrix.length * pixels;
  const data = new Uint8ClampedArray(side * side * 4);
  for (let y = 0; y < side; y += 1)
    for (let x = 0; x < side; x += 1) {
      const on = matrix[Math.floor(y / pixels)]?.[Math.floor(x / pixels)] === true;
      data.fill(on ? dark : bright, (y * side + x) * 4, (y * side + x) * 4 + 3);
      data[(y * side + x) * 4 + 3] = 255;
    }
  return { width: side, height: side, data };
}

const invoice = `LNBCRT9450N1${"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(9)}`;

describe("the QR code reader", () => {
  it("reads the densest invoice, in upper case as it was encoded", async () => {
    expect(await readPixels(picture(invoice, 5))).toBe(invoice);
  });

  it("reads a BIP 21 URI that contains an invoice", async () => {
    const uri = `bitcoin:bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080?amount=0.0001&lightning=${invoice}`;
    expect(await readPixels(picture(uri, 4))).toBe(uri);
  });

  it("finds no code in an empty picture or in noise", async () => {
    const blank = { width: 200, height: 200, data: new Uint8ClampedArray(160_000).fill(200) };
    expect(await readPixels(blank)).toBeNull();
    let seed = 7;
    const noise = Uint8ClampedArray.from({ length: 160_000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % 256;
    });
    expect(await readPixels({ width: 200, height: 200, data: noise })).toBeNull();
  });
});
