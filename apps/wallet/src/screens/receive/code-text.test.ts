import { reportedCases } from "@satsconnect/money/reported-cases";
import { describe, expect, test } from "vitest";
import { qrModules } from "../../design/qr-modules.ts";
import { readPixels } from "../scan/read-code.ts";
import { codeText } from "./code-text.ts";

const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const invoiceOf = (length: number): string => "lnbc250u1".padEnd(length, letters).slice(0, length);
const address = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
const codeOf = (length: number) => {
  const invoice = invoiceOf(length);
  return { invoice, uri: `bitcoin:${address}?amount=0.00025&lightning=${invoice}` };
};

/** A picture of a code with a quiet zone of four modules and a few pixels for each module. */
function picture(text: string, pixels: number) {
  const modules = qrModules(text);
  const side = (modules.length + 8) * pixels;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [y, row] of modules.entries())
    for (const [x, isDark] of row.entries())
      for (let at = 0; isDark && at < pixels * pixels; at += 1) {
        const place =
          ((y + 4) * pixels + Math.floor(at / pixels)) * side + (x + 4) * pixels + (at % pixels);
        data.fill(0, place * 4, place * 4 + 3);
      }
  return { width: side, height: side, data };
}

describe("the code of a request above 25,000 sat, which also has an address", () => {
  test.each(reportedCases("qr-density"))("is as coarse as its invoice alone: $id", () => {
    const code = codeOf(330);
    expect(codeText(code, false)).toBe(code.invoice.toUpperCase());
    expect(qrModules(codeText(code, false)).length).toBeLessThanOrEqual(61);
  });

  test("has the address in it on request", () => {
    const code = codeOf(330);
    expect(codeText(code, true)).toBe(code.uri);
    expect(qrModules(code.uri).length).toBeLessThanOrEqual(73);
  });

  test("stays coarse for every length that invoices of this wallet have", () => {
    for (let length = 250; length <= 420; length += 10)
      expect(qrModules(codeText(codeOf(length), false)).length).toBeLessThanOrEqual(61);
  });
});

test("a request without an address has no other code", () => {
  const invoice = invoiceOf(300);
  const code = { invoice, uri: `lightning:${invoice}` };
  expect(codeText(code, true)).toBe(invoice.toUpperCase());
});

test("a scanner reads the picture at three pixels for each module", async () => {
  for (const text of [codeText(codeOf(330), false), codeOf(330).uri, "LNBC1SHORT"])
    expect(await readPixels(picture(text, 3))).toBe(text);
});
