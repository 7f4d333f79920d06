import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { fixtureNow, fixtureOrder } from "../testing/fixture-wallet.ts";
import { receiptPdf } from "./receipt-pdf.ts";
import { orderReceipt, paymentReceipt, receiptText, sayingFor } from "./receipt.ts";

const paid = fixtureOrder({ state: "paid", final: true, mpesaReceipt: "SKL4H7T2QZ" });
const times = { paid: fixtureNow + 72_000 };

describe("an order's receipt", () => {
  it("has the M-Pesa receipt number, the order's own time, and the balance", () => {
    const receipt = orderReceipt(paid, times, 2_039_800n, fixtureNow, moneySw);
    expect(receipt.kes).toBe("1,978");
    expect(receipt.facts).toContainEqual({ label: "Risiti ya M-Pesa", value: "SKL4H7T2QZ" });
    expect(receipt.facts).toContainEqual({ label: "Muda", value: "21 Nov, 14:33:12" });
    expect(receipt.facts).toContainEqual({ label: "Salio", value: "KES 20,398" });
  });

  it("leaves the balance out where amounts are hidden", () => {
    const receipt = orderReceipt(paid, times, null, fixtureNow, moneyEn);
    expect(receipt.facts.some(({ label }) => label === "Balance")).toBe(false);
  });

  it("carries the same saying each time it is opened", () => {
    expect(sayingFor(paid.id, moneyEn)).toBe(sayingFor(paid.id, moneySw));
    expect(sayingFor(paid.id, moneyEn)).not.toBe("");
  });
});

describe("a payment's receipt", () => {
  const payment = {
    id: "p",
    kind: "send",
    state: "done",
    amountMsat: 945_000n,
    feeMsat: 1_250n,
    amountKesCents: 12_001n,
    feeKesCents: 15n,
    kesCentsPerBtc: 1_270_000_000n,
    to: null,
    note: "Chapati 2 na chai",
    at: fixtureNow,
    endedAt: fixtureNow + 2_000,
  } as const;

  it("adds the fee to a sent amount, and subtracts it from a received one", () => {
    expect(paymentReceipt(payment, fixtureNow, moneyEn).total?.amount).toBe("120.16");
    const received = paymentReceipt({ ...payment, kind: "receive" }, fixtureNow, moneyEn);
    expect(received.lines.map(({ sign, amount }) => `${sign}${amount}`)).toEqual([
      "120.16",
      "−0.15",
    ]);
    expect(received.total?.amount).toBe("120.01");
  });

  it("shows the price at the time of payment where it is known, and never the current one instead", () => {
    const price = (
      of: typeof payment | (Omit<typeof payment, "kesCentsPerBtc"> & { kesCentsPerBtc: null }),
    ) =>
      paymentReceipt(of, fixtureNow, moneyEn).facts.find(({ label }) => label === "Price")?.value;
    expect(price(payment)).toBe("1 BTC = KES 12,700,000");
    expect(price({ ...payment, kesCentsPerBtc: null })).toBeUndefined();
  });

  it("is in sats to the thousandth without a price", () => {
    const receipt = paymentReceipt(
      { ...payment, amountKesCents: null, feeKesCents: null, kesCentsPerBtc: null },
      fixtureNow,
      moneyEn,
    );
    expect(receipt.kes).toBeNull();
    expect(receipt.total?.amount).toBe("946.250");
  });

  it("has a saying only when the payment succeeded", () => {
    for (const state of ["moving", "ended"] as const)
      expect(paymentReceipt({ ...payment, state }, fixtureNow, moneyEn).saying).toBeNull();
  });
});

describe("what is shared", () => {
  const receipt = orderReceipt(paid, times, null, fixtureNow, moneyEn);

  it("is text with every line, and never a hash or preimage", () => {
    const text = receiptText(receipt, moneyEn);
    expect(text).toContain("− Our fee, 1%: 20.00");
    expect(text).toContain("= You got: 1,978.00");
    expect(text).toContain("M-Pesa receipt: SKL4H7T2QZ");
    expect(text).not.toMatch(/[0-9a-f]{64}/u);
  });

  it("is a PDF with a correct cross-reference table", () => {
    const bytes = receiptPdf(receipt, moneyEn);
    const file = String.fromCharCode(...bytes);
    expect(file.startsWith("%PDF-1.4\n")).toBe(true);
    expect(file.trimEnd().endsWith("%%EOF")).toBe(true);
    const table = Number(/startxref\n(\d+)/u.exec(file)?.[1]);
    expect(file.slice(table, table + 4)).toBe("xref");
    const offsets = [...file.slice(table).matchAll(/^(\d{10}) 00000 n/gmu)].map(([, offset]) =>
      Number(offset),
    );
    expect(offsets).toHaveLength(6);
    offsets.forEach((offset, index) => {
      expect(file.slice(offset).startsWith(`${String(index + 1)} 0 obj`)).toBe(true);
    });
    const length = Number(/\/Length (\d+)/u.exec(file)?.[1]);
    const start = file.indexOf("stream\n") + 7;
    expect(file.slice(start + length, start + length + 10)).toBe("\nendstream");
  });

  it("escapes brackets and replaces characters that WinAnsi lacks", () => {
    const odd = { ...receipt, facts: [{ label: "Note", value: "2) \\ − • 中" }] };
    const file = String.fromCharCode(...receiptPdf(odd, moneyEn));
    expect(file).toContain("(2\\) \\\\ - \u0095 ?)");
  });
});
