import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { fixtureNow, fixtureOrder, fixtureQuote } from "../testing/fixture-wallet.ts";
import {
  buyBreakdown,
  buyNetKesCents,
  orderLines,
  percentOf,
  quoteTime,
  sellBreakdown,
} from "./quote-lines.ts";

const cents = (amount: string) => BigInt(amount.replaceAll(/[,.]/gu, ""));

describe("a quote's sum", () => {
  it("lists every fee, including a zero one, and adds up", () => {
    const sum = buyBreakdown(fixtureQuote(), moneyEn, "0712 ••• 408");
    expect(sum.lines.map(({ sign, amount }) => `${sign}${amount}`)).toEqual([
      "2,000.00",
      "−20.00",
      "−0.00",
      "−2.00",
    ]);
    expect(sum.total.amount).toBe("1,978.00");
    expect(buyNetKesCents(fixtureQuote(), moneyEn)).toBe(197_800n);
  });

  it("adds up for every buy and sell, whatever the fees", () => {
    const fee = fc.bigInt(0n, 10_000n).map(String);
    fc.assert(
      fc.property(fc.bigInt(100_000n, 15_000_000n), fee, fee, fee, fee, (amount, a, b, c, d) => {
        const fees = [
          { code: "spread", amountKesCents: a, amountMsat: "1" },
          { code: "mpesa", amountKesCents: b, amountMsat: "1" },
          { code: "channel_open", amountKesCents: c, amountMsat: "1" },
          { code: "routing", amountKesCents: d, amountMsat: "1" },
        ] as const;
        const total = (lines: readonly { sign: string; amount: string }[]) =>
          lines.reduce(
            (sum, line) => sum + cents(line.amount) * (line.sign === "−" ? -1n : 1n),
            0n,
          );
        for (const kind of ["buy", "sell"] as const) {
          const quote = fixtureQuote({ kind, amountKesCents: amount.toString(), fees: [...fees] });
          const sum =
            kind === "buy" ? buyBreakdown(quote, moneyEn, "") : sellBreakdown(quote, moneyEn, null);
          expect(total(sum.lines)).toBe(cents(sum.total.amount));
        }
      }),
    );
  });

  it("shows what M-Pesa charges on top apart from the price", () => {
    const sum = buyBreakdown(fixtureQuote({ customerMpesaFeeKesCents: "1500" }), moneyEn, "");
    expect(sum.facts.at(-1)).toEqual({ label: "M-Pesa also charges you", value: "KES 15.00" });
    expect(sum.total.amount).toBe("1,978.00");
  });

  it("uses the past tense on a receipt", () => {
    expect(orderLines(fixtureOrder({ state: "paid" }), moneyEn).lines[0]?.label).toBe(
      "You paid from M-Pesa",
    );
  });
});

describe("a share in percent", () => {
  it("is exact to a tenth, and zero of zero", () => {
    expect(percentOf(2_000n, 200_000n)).toBe("1");
    expect(percentOf(3_000n, 200_000n)).toBe("1.5");
    expect(percentOf(1n, 3n)).toBe("33.3");
    expect(percentOf(5n, 0n)).toBe("0");
  });
});

describe("a quote's time", () => {
  it("runs down to zero and stays there", () => {
    const quote = fixtureQuote();
    const receivedAt = Date.parse(quote.createdAt);
    expect(quoteTime(quote, fixtureNow, receivedAt)).toMatchObject({
      until: "14:32:47",
      leftMs: 47_000,
    });
    expect(quoteTime(quote, fixtureNow + 60_000, receivedAt)).toMatchObject({
      leftMs: 0,
      share: 0,
    });
    expect(quoteTime(quote, fixtureNow - 99_000, receivedAt).share).toBe(1);
  });

  it("lasts as long on a phone whose clock is a day off", () => {
    const quote = fixtureQuote();
    const validityMs = Date.parse(quote.expiresAt) - Date.parse(quote.createdAt);
    for (const clockErrorMs of [-86_400_000, 86_400_000]) {
      const receivedAt = Date.parse(quote.createdAt) + clockErrorMs;
      expect(quoteTime(quote, receivedAt, receivedAt)).toMatchObject({
        leftMs: validityMs,
        share: 1,
      });
      expect(quoteTime(quote, receivedAt + validityMs, receivedAt)).toMatchObject({
        leftMs: 0,
        share: 0,
      });
    }
  });
});
