import {
  fiat,
  fiatToMsat,
  kes,
  maxFiat,
  maxMsat,
  msat,
  msatToFiat,
  rate,
} from "@satsconnect/money";
import type { Fiat, Msat } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeeLine, Terms } from "./order.ts";
import { buyTerms, payoutCharge, sellTerms } from "./quote.ts";

const now = Date.UTC(2026, 10, 23);
const rates = fc.bigInt({ min: 10n ** 8n, max: 10n ** 11n }).map((cents) => rate("KES", cents, 1n));
const pricing = fc.record({
  rate: rates,
  spreadPartsPerMillion: fc.bigInt({ min: 0n, max: 100_000n }),
});
const amounts = fc.bigInt({ min: 10n, max: 250_000n }).map((whole) => kes(whole));
const sats = fc.bigInt({ min: 10_000n, max: 10n ** 11n }).map((amount) => msat(amount));
const channelFees = fc.bigInt({ min: 0n, max: 5_000_000n }).map((fee) => msat(fee));
const noFee = msat(0n);

const asked = (amountKesCents: Fiat<"KES">) => ({ amountKesCents, amountMsat: null });
const askedSats = (amountMsat: Msat) => ({ amountKesCents: null, amountMsat });

const sum = (fees: readonly FeeLine[], of: "amountKesCents" | "amountMsat") =>
  fees.reduce((total, fee) => total + fee[of], 0n);

function value(terms: ReturnType<typeof buyTerms>): Terms | null {
  return terms.ok ? terms.value : null;
}

describe("a buy", () => {
  test("of KES 1,000 at 10,844,580.90 with a spread of 1.5 % delivers 9,082,877 msat", () => {
    const price = { rate: rate("KES", 1_084_458_090n), spreadPartsPerMillion: 15_000n };
    expect(value(buyTerms(asked(kes(1_000n)), price, noFee))).toMatchObject({
      amountKesCents: 100_000n,
      // 1,000 / 10,844,580.90 BTC is 9,221,195.28… msat; less 1.5 %, rounded up.
      amountMsat: 9_082_877n,
      fees: [{ code: "spread", amountKesCents: 1_501n, amountMsat: 138_318n }],
    });
  });

  test("has sats and fee lines that sum to the amount paid, in both currencies", () => {
    fc.assert(
      fc.property(amounts, pricing, channelFees, (amount, price, fee) => {
        const terms = value(buyTerms(asked(amount), price, fee));
        if (terms === null) return;
        expect(terms.amountKesCents).toBe(amount);
        const gross = fiatToMsat(amount, price.rate, "floor");
        expect(terms.amountMsat + sum(terms.fees, "amountMsat")).toBe(gross);
        const worth = msatToFiat(terms.amountMsat, price.rate, "floor");
        expect(worth + sum(terms.fees, "amountKesCents")).toBe(amount);
      }),
    );
  });

  test("for an amount in sats delivers exactly these sats for the minimum whole shillings", () => {
    fc.assert(
      fc.property(sats, pricing, channelFees, (amount, price, fee) => {
        const terms = value(buyTerms(askedSats(amount), price, fee));
        if (terms === null) return;
        expect(terms.amountMsat).toBe(amount);
        expect(terms.amountKesCents % 100n).toBe(0n);
        // Asking for that many shillings buys at least as much,
        const forward = value(buyTerms(asked(terms.amountKesCents), price, fee));
        expect(forward?.amountMsat ?? 0n).toBeGreaterThanOrEqual(amount);
        // and one shilling less buys less.
        if (terms.amountKesCents <= 100n) return;
        const less = value(buyTerms(asked(fiat("KES", terms.amountKesCents - 100n)), price, fee));
        expect(less?.amountMsat ?? 0n).toBeLessThan(amount);
      }),
    );
  });

  test("refuses amounts with cents, and amounts below the fees", () => {
    const price = { rate: rate("KES", 10n ** 9n), spreadPartsPerMillion: 0n };
    expect(buyTerms(asked(fiat("KES", 1_050n)), price, noFee)).toMatchObject({
      error: { code: "amount_not_whole_shillings" },
    });
    expect(buyTerms(asked(kes(10n)), price, msat(100_000_000n))).toMatchObject({
      error: { code: "amount_below_minimum" },
    });
  });
});

describe("a sell", () => {
  test("of KES 300 at 10,844,580.90 with a spread of 1.5 % itemizes M-Pesa's KES 5", () => {
    const price = { rate: rate("KES", 1_084_458_090n), spreadPartsPerMillion: 15_000n };
    expect(value(sellTerms(asked(kes(300n)), price, "AMINA", now))).toMatchObject({
      amountKesCents: 30_000n,
      amountMsat: 2_854_652n,
      fees: [
        { code: "spread", amountMsat: 42_187n },
        { code: "mpesa", amountKesCents: 500n },
      ],
      recipientName: "AMINA",
    });
  });

  test("costs the recipient's amount plus the fee lines", () => {
    fc.assert(
      fc.property(amounts, pricing, (amount, price) => {
        const terms = value(sellTerms(asked(amount), price, null, now));
        if (terms === null) throw new Error("no terms");
        expect(terms.amountKesCents).toBe(amount);
        const payout = fiatToMsat(amount, price.rate, "ceil");
        expect(payout + sum(terms.fees, "amountMsat")).toBe(terms.amountMsat);
      }),
    );
  });

  test("for an amount in sats takes exactly these sats and pays out the maximum whole shillings they cover", () => {
    fc.assert(
      fc.property(sats, pricing, (amount, price) => {
        const terms = value(sellTerms(askedSats(amount), price, null, now));
        if (terms === null) return;
        expect(terms.amountMsat).toBe(amount);
        expect(terms.amountKesCents % 100n).toBe(0n);
        expect(terms.fees.every((fee) => fee.amountMsat >= 0n)).toBe(true);
        const more = fiat("KES", terms.amountKesCents + 100n);
        if (!payoutCharge(more, now).ok) return;
        const next = value(sellTerms(asked(more), price, null, now));
        // One cent of slack: both directions round in the operator's favor.
        expect(
          (next?.amountMsat ?? amount) + fiatToMsat(fiat("KES", 1n), price.rate, "ceil"),
        ).toBeGreaterThan(amount);
      }),
    );
  });
});

test("any amount at any price is answered with terms or with a refusal, never with an exception", () => {
  const anyPrice = fc.record({
    rate: fc
      .tuple(fc.bigInt({ min: 1n, max: 10n ** 17n }), fc.bigInt({ min: 1n, max: 10n ** 6n }))
      .map(([cents, btc]) => rate("KES", cents, btc)),
    spreadPartsPerMillion: fc.bigInt({ min: 0n, max: 120_000n }),
  });
  const upTo = (max: bigint) =>
    fc.oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(0n, 1n, max - 1n, max));
  const anyRequest = fc.oneof(
    upTo(maxFiat).map((cents) => asked(fiat("KES", cents))),
    upTo(maxMsat).map((amount) => askedSats(msat(amount))),
  );
  fc.assert(
    fc.property(anyRequest, anyPrice, channelFees, (request, price, fee) => {
      for (const terms of [buyTerms(request, price, fee), sellTerms(request, price, null, now)]) {
        if (!terms.ok) expect(terms.error.code).toMatch(/^amount_/);
      }
    }),
    { numRuns: 2_000 },
  );
});
