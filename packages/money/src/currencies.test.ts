import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  addFiat,
  addMsat,
  compareRates,
  currencies,
  enabledCurrencies,
  exponentOf,
  fiat,
  fiatToMsat,
  formatFiat,
  formatRate,
  fromWholeUnits,
  kes,
  maxFiat,
  meanOfRates,
  minorUnitsPerUnit,
  msat,
  msatToFiat,
  parseCrossRate,
  parseCurrency,
  parseFiat,
  parseFiatInput,
  parseRate,
  partsPerMillionOfFiat,
  rate,
  roundToWholeUnits,
  subtractFiat,
  toWholeUnits,
  valueOf,
} from "./index.ts";
import type { Currency, ExponentOf, Fiat, Msat, Rate } from "./index.ts";

const everyCurrency = Object.keys(currencies) as Currency[];
const minorUnits = fc.bigInt({ min: 0n, max: 10n ** 14n });

describe("the table of currencies", () => {
  test("has the ISO 4217 codes and the exponents that M-Pesa and banks use", () => {
    expect(everyCurrency.map((currency) => [currency, exponentOf(currency)])).toEqual([
      ["KES", 2],
      ["TZS", 2],
      ["UGX", 0],
      ["RWF", 0],
    ]);
    expect(minorUnitsPerUnit("KES")).toBe(100n);
    expect(minorUnitsPerUnit("UGX")).toBe(1n);
  });

  test("has the exponent in the type", () => {
    expectTypeOf<ExponentOf<"KES">>().toEqualTypeOf<2>();
    expectTypeOf<ExponentOf<"TZS">>().toEqualTypeOf<2>();
    expectTypeOf<ExponentOf<"UGX">>().toEqualTypeOf<0>();
    expectTypeOf<ExponentOf<"RWF">>().toEqualTypeOf<0>();
    expectTypeOf(exponentOf("UGX")).toEqualTypeOf<0>();
  });

  test("has KES as the only enabled currency", () => {
    expect(enabledCurrencies).toEqual(["KES"]);
    expect(parseCurrency("KES")).toEqual({ ok: true, value: "KES" });
    for (const code of ["UGX", "TZS", "RWF", "USD", "kes", "", "toString"]) {
      expect(parseCurrency(code)).toMatchObject({
        ok: false,
        error: { code: "currency_not_enabled", retry: "never" },
      });
    }
  });
});

describe("amounts of different currencies", () => {
  const shillings = kes(1n);
  const ugandan = fiat("UGX", 1n);

  test("are not assignable to each other", () => {
    expectTypeOf<Fiat<"UGX">>().not.toExtend<Fiat<"KES">>();
    expectTypeOf<Fiat<"KES">>().not.toExtend<Fiat<"KES" | "UGX">>();
    expectTypeOf<Fiat<"KES" | "UGX">>().not.toExtend<Fiat<"KES">>();
    expectTypeOf<Msat>().not.toExtend<Fiat<"KES">>();
    expectTypeOf<Fiat<"KES">>().not.toExtend<Msat>();
    expectTypeOf<bigint>().not.toExtend<Fiat<"KES">>();
    expectTypeOf<Rate<"UGX">>().not.toExtend<Rate<"KES">>();
    // @ts-expect-error Ugandan shillings are not Kenyan shillings.
    const wrong: Fiat<"KES"> = ugandan;
    expect(wrong).toBe(1n);
  });

  test("cannot be added, subtracted, converted or formatted together", () => {
    const price = rate("KES", 1_084_458_090n);
    const ugandanPrice = rate("UGX", 300_000_000n);
    const wrong = [
      // @ts-expect-error Two currencies.
      () => addFiat(shillings, ugandan),
      // @ts-expect-error Two currencies.
      () => addFiat(shillings, shillings, ugandan),
      // @ts-expect-error Two currencies.
      () => subtractFiat(shillings, ugandan),
      // @ts-expect-error Fiat and bitcoin.
      () => addFiat(shillings, msat(1n)),
      // @ts-expect-error Fiat and bitcoin.
      () => addMsat(msat(1n), shillings),
      // @ts-expect-error The rate is in another currency.
      () => fiatToMsat(ugandan, price, "floor"),
      // @ts-expect-error Rates in two currencies.
      () => compareRates(price, ugandanPrice),
      // @ts-expect-error Rates in two currencies.
      () => meanOfRates(price, ugandanPrice),
      // @ts-expect-error Formatted in another currency.
      () => formatFiat("UGX", shillings),
      // @ts-expect-error Rounded in another currency.
      () => roundToWholeUnits("UGX", shillings, "floor"),
      // @ts-expect-error A currency that the table does not have.
      () => fiat("USD", 1n),
    ];
    expect(wrong).toHaveLength(11);
    expectTypeOf(msatToFiat(msat(1n), ugandanPrice, "ceil")).toEqualTypeOf<Fiat<"UGX">>();
    expectTypeOf(addFiat(shillings, shillings)).toEqualTypeOf<Fiat<"KES">>();
  });
});

describe.each(everyCurrency)("%s", (currency) => {
  test("survives a round trip through JSON", () => {
    fc.assert(
      fc.property(minorUnits, (value) => {
        const amount = fiat(currency, value);
        expect(parseFiat(currency, String(amount))).toEqual({ ok: true, value: amount });
      }),
    );
  });

  test("can be typed in as it is printed", () => {
    fc.assert(
      fc.property(minorUnits, (value) => {
        const amount = fiat(currency, value);
        const printed = formatFiat(currency, amount);
        expect(printed.startsWith(`${currency} `)).toBe(true);
        expect(parseFiatInput(currency, printed)).toEqual({ ok: true, value: amount });
      }),
    );
  });

  test("is read in main units with at most its own number of decimal places", () => {
    const exponent = exponentOf(currency);
    expect(parseFiatInput(currency, "1,000")).toEqual({
      ok: true,
      value: 1_000n * minorUnitsPerUnit(currency),
    });
    for (let places = 1; places <= 3; places += 1) {
      const read = parseFiatInput(currency, `7.${"0".repeat(places - 1)}5`);
      expect(read.ok).toBe(places <= exponent);
    }
    for (const symbol of currencies[currency].symbols) {
      expect(parseFiatInput(currency, `${symbol} 20`)).toEqual({
        ok: true,
        value: fromWholeUnits(currency, 20n),
      });
    }
  });

  test("adds and subtracts back to the same amount", () => {
    fc.assert(
      fc.property(minorUnits, minorUnits, (left, right) => {
        const sum = addFiat(fiat(currency, left), fiat(currency, right));
        expect(subtractFiat(sum, fiat(currency, right))).toBe(left);
      }),
    );
  });

  test("rounds to whole units next to the exact amount", () => {
    fc.assert(
      fc.property(minorUnits, (value) => {
        const amount = fiat(currency, value);
        const down = roundToWholeUnits(currency, amount, "floor");
        const up = roundToWholeUnits(currency, amount, "ceil");
        expect(down <= amount && amount <= up).toBe(true);
        expect(up - down < 2n * minorUnitsPerUnit(currency)).toBe(true);
        expect(fromWholeUnits(currency, valueOf(toWholeUnits(currency, down)))).toBe(down);
        expect(toWholeUnits(currency, amount).ok).toBe(down === up);
      }),
    );
  });

  test("converts to bitcoin and back without gaining", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 10n }),
        fc.bigInt({ min: 10n ** 6n, max: 10n ** 12n }),
        (value, price) => {
          const at = rate(currency, price * minorUnitsPerUnit(currency));
          const amount = fiat(currency, value);
          const back = msatToFiat(fiatToMsat(amount, at, "floor"), at, "floor");
          expect(back <= amount).toBe(true);
          // One millisatoshi is worth less than a minor unit at these prices, up to a rounding step on each side.
          expect(amount - back <= at.minorUnits / (at.btc * 10n ** 11n) + 1n).toBe(true);
        },
      ),
    );
  });

  test("prints a rate with its own number of decimal places, and reads it back", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 14n }), (price) => {
        const at = rate(currency, price);
        const printed = formatRate(at);
        expect(printed.split(".")[1]?.length ?? 0).toBe(exponentOf(currency));
        expect(parseRate(currency, printed)).toEqual({ ok: true, value: at });
      }),
    );
  });
});

describe("arithmetic on fiat amounts", () => {
  test("refuses a difference below zero and a sum beyond 63 bits", () => {
    expect(() => subtractFiat(kes(1n), kes(2n))).toThrow(RangeError);
    expect(() => addFiat(fiat("KES", maxFiat), fiat("KES", 1n))).toThrow(RangeError);
    expect(() => fiat("UGX", maxFiat + 1n)).toThrow(RangeError);
    expect(() => fiat("UGX", -1n)).toThrow(RangeError);
  });

  test("takes a share in parts per million", () => {
    expect(partsPerMillionOfFiat(kes(1_000n), 15_000n, "ceil")).toBe(1_500n);
    expect(partsPerMillionOfFiat(fiat("RWF", 101n), 10_000n, "ceil")).toBe(2n);
  });
});

describe("currencies without a minor unit", () => {
  test("print and read whole units only", () => {
    expect(formatFiat("UGX", fiat("UGX", 37_500n))).toBe("UGX 37,500");
    expect(formatFiat("RWF", fiat("RWF", 5n))).toBe("RWF 5");
    expect(parseFiatInput("UGX", "USh 37,500")).toEqual({ ok: true, value: 37_500n });
    expect(parseFiatInput("UGX", "37500.00")).toMatchObject({
      error: {
        code: "amount_malformed",
        message: "“37500.00” is not an amount in UGX. Write it like 1,000.",
      },
    });
    expect(parseFiatInput("UGX", "KES 5")).toMatchObject({ error: { code: "amount_malformed" } });
    expect(toWholeUnits("UGX", fiat("UGX", 501n))).toEqual({ ok: true, value: 501n });
  });

  test("have rates without decimal places, kept exact inside", () => {
    const price = valueOf(parseRate("UGX", "401234567.5"));
    expect(price).toMatchObject({ currency: "UGX", minorUnits: 802_469_135n, btc: 2n });
    expect(formatRate(price)).toBe("401234568");
    expect(msatToFiat(msat(100_000_000_000n), price, "floor")).toBe(401_234_567n);
  });
});

describe("a cross rate through the dollar", () => {
  test("is the exact product of both prices", () => {
    const price = valueOf(parseCrossRate("KES", "83500.25", "129.5"));
    expect(price).toEqual(rate("KES", 8_350_025n * 1_295n, 10n));
    expect(formatRate(price)).toBe("10813282.38");
    expect(valueOf(parseCrossRate("UGX", "83500.25", "3700"))).toEqual(rate("UGX", 308_950_925n));
  });

  test.each([
    ["x", "129.5"],
    ["83500", ""],
    ["0", "129.5"],
    ["83500", "0.0"],
  ])("refuses “%s” times “%s”", (price, exchange) => {
    expect(parseCrossRate("KES", price, exchange)).toMatchObject({
      error: { code: "rate_malformed" },
    });
  });
});
