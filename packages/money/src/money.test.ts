import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addMsat,
  compareRates,
  divide,
  fiat,
  fiatToMsat,
  formatFiat,
  formatMsat,
  formatRate,
  kes,
  maxMsat,
  meanOfRates,
  msat,
  msatToFiat,
  msatToSat,
  parseFiat,
  parseFiatInput,
  parseMsat,
  parseRate,
  parseSatInput,
  partsPerMillionOfMsat,
  rate,
  roundToWholeUnits,
  satToMsat,
  shiftRate,
  subtractMsat,
  toWholeUnits,
} from "./index.ts";

const msats = fc.bigInt({ min: 0n, max: maxMsat / 4n }).map(msat);
const cents = fc.bigInt({ min: 0n, max: 10n ** 12n }).map((value) => fiat("KES", value));
const rates = fc
  .tuple(fc.bigInt({ min: 1_000_000n, max: 10n ** 13n }), fc.bigInt({ min: 1n, max: 10n ** 6n }))
  .map(([numerator, denominator]) => rate("KES", numerator * 1_000n, denominator));
const rounding = fc.constantFrom("floor" as const, "ceil" as const, "half-even" as const);

describe("constructors", () => {
  test("refuse amounts that are negative or out of range", () => {
    expect(() => msat(-1n)).toThrow(RangeError);
    expect(() => msat(maxMsat + 1n)).toThrow(RangeError);
    expect(() => fiat("KES", 2n ** 63n)).toThrow(RangeError);
    expect(() => msat(1 as unknown as bigint)).toThrow(RangeError);
  });
});

describe("division", () => {
  test("half-even lies between floor and ceil and is the nearest integer", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.bigInt({ min: 1n, max: 10n ** 10n }),
        (n, d) => {
          const floor = divide(n, d, "floor");
          const ceil = divide(n, d, "ceil");
          const nearest = divide(n, d, "half-even");
          expect(floor * d <= n && n <= ceil * d).toBe(true);
          expect(ceil - floor).toBe(n % d === 0n ? 0n : 1n);
          const distance = nearest * d > n ? nearest * d - n : n - nearest * d;
          expect(distance * 2n <= d).toBe(true);
        },
      ),
    );
  });

  test("half-even rounds ties to the even neighbour", () => {
    expect([1n, 3n, 5n, 7n].map((n) => divide(n, 2n, "half-even"))).toEqual([0n, 2n, 2n, 4n]);
  });

  test("refuses a denominator that is not positive", () => {
    expect(() => divide(1n, 0n, "floor")).toThrow(RangeError);
    expect(() => divide(-1n, 1n, "floor")).toThrow(RangeError);
  });
});

describe("arithmetic", () => {
  test("subtracting an added amount gives the first amount", () => {
    fc.assert(
      fc.property(msats, msats, (a, b) => {
        expect(subtractMsat(addMsat(a, b), b)).toBe(a);
      }),
    );
  });

  test("refuses a difference below zero", () => {
    expect(() => subtractMsat(msat(1n), msat(2n))).toThrow(RangeError);
  });

  test("whole satoshis survive a round trip through millisatoshis", () => {
    fc.assert(
      fc.property(msats, rounding, (amount, direction) => {
        const whole = msatToSat(amount, direction);
        expect(msatToSat(satToMsat(whole), direction)).toBe(whole);
      }),
    );
  });

  test("a share of at most a million parts per million never exceeds the amount", () => {
    fc.assert(
      fc.property(
        msats,
        fc.bigInt({ min: 0n, max: 1_000_000n }),
        rounding,
        (amount, ppm, direction) => {
          expect(partsPerMillionOfMsat(amount, ppm, direction) <= amount).toBe(true);
        },
      ),
    );
  });
});

describe("conversion at a rate", () => {
  test("a round trip with floor gains nothing and loses less than one unit of the coarser side", () => {
    fc.assert(
      fc.property(cents, rates, (amount, at) => {
        fc.pre((amount * at.btc * 10n ** 11n) / at.minorUnits <= maxMsat);
        const back = msatToFiat(fiatToMsat(amount, at, "floor"), at, "floor");
        expect(back <= amount).toBe(true);
        const centsPerMsat = divide(at.minorUnits, at.btc * 10n ** 11n, "ceil");
        expect(amount - back <= centsPerMsat).toBe(true);
      }),
    );
  });

  test("a larger amount never converts to less", () => {
    fc.assert(
      fc.property(cents, cents, rates, rounding, (a, b, at, direction) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        fc.pre((high * at.btc * 10n ** 11n) / at.minorUnits < maxMsat);
        expect(fiatToMsat(low, at, direction) <= fiatToMsat(high, at, direction)).toBe(true);
      }),
    );
  });

  test("converts at a known price", () => {
    const at = parseRate("KES", "10844580.90");
    if (!at.ok) throw new Error(at.error.message);
    expect(fiatToMsat(kes(1_000n), at.value, "floor")).toBe(9_221_195n);
    expect(msatToFiat(msat(100_000_000_000n), at.value, "floor")).toBe(1_084_458_090n);
    expect(formatRate(at.value)).toBe("10844580.90");
  });
});

describe("rates", () => {
  test("compare exactly, and their mean lies between them", () => {
    fc.assert(
      fc.property(rates, rates, (a, b) => {
        const [low, high] = compareRates(a, b) <= 0 ? [a, b] : [b, a];
        const mean = meanOfRates(a, b);
        expect(compareRates(low, mean)).toBeLessThanOrEqual(0);
        expect(compareRates(mean, high)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test("shift up and down by parts per million", () => {
    expect(formatRate(shiftRate(rate("KES", 1_000_000n), 10_000n))).toBe("10100.00");
    expect(formatRate(shiftRate(rate("KES", 1_000_000n), -10_000n))).toBe("9900.00");
  });

  test.each(["", "0", "0.00", "-1", "1e7", "1.", ".5", "NaN", "1,000", " 1", "٣"])(
    "refuse “%s”",
    (text) => {
      expect(parseRate("KES", text)).toMatchObject({
        ok: false,
        error: { code: "rate_malformed" },
      });
    },
  );
});

describe("text", () => {
  test("amounts survive a round trip through JSON", () => {
    fc.assert(
      fc.property(msats, (amount) => {
        expect(parseMsat(String(amount))).toEqual({ ok: true, value: amount });
      }),
    );
  });

  test.each(["", "01", "-1", "+1", "1.0", "1e3", " 1", "0x1", "٣", "1n"])(
    "refuses “%s” as an amount in JSON",
    (text) => {
      expect(parseMsat(text)).toMatchObject({ ok: false, error: { code: "amount_malformed" } });
    },
  );

  test("distinguishes an amount out of range from a malformed one", () => {
    expect(parseMsat("2100000000000000001")).toMatchObject({
      error: { code: "amount_out_of_range" },
    });
    expect(parseFiat("KES", "9999999999999999999")).toMatchObject({
      error: { code: "amount_out_of_range" },
    });
  });

  test("a printed amount can be typed in", () => {
    fc.assert(
      fc.property(cents, (amount) => {
        expect(parseFiatInput("KES", formatFiat("KES", amount))).toEqual({
          ok: true,
          value: amount,
        });
      }),
    );
  });

  test.each([
    ["1000", 100_000n],
    ["1,000", 100_000n],
    ["KES 1,000.5", 100_050n],
    ["ksh 20", 2_000n],
    ["1 000", 100_000n],
  ])("reads “%s” as typed by a person", (text, value) => {
    expect(parseFiatInput("KES", text)).toEqual({ ok: true, value });
  });

  test.each(["1,00", "1.000", "10,00,0", "-5", "five", "", "1.2.3", "1000 sat"])(
    "refuses “%s” as shillings",
    (text) => {
      expect(parseFiatInput("KES", text)).toMatchObject({
        ok: false,
        error: { code: "amount_malformed" },
      });
    },
  );

  test("reads satoshis as people type them", () => {
    expect(parseSatInput("2,500 sats")).toEqual({ ok: true, value: 2_500n });
    expect(parseSatInput("2.5")).toMatchObject({ ok: false });
  });

  test("prints fiat as M-Pesa does and bitcoin as wallets do", () => {
    expect(formatFiat("KES", kes(1_000n))).toBe("KES 1,000");
    expect(formatFiat("KES", fiat("KES", 123_456_750n))).toBe("KES 1,234,567.50");
    expect(formatMsat(msat(1_234_500n))).toBe("1,234.500 sat");
    expect(formatMsat(msat(1_234_000n))).toBe("1,234 sat");
  });

  test("refuses or rounds amounts that M-Pesa cannot move", () => {
    expect(toWholeUnits("KES", kes(5n))).toEqual({ ok: true, value: 5n });
    expect(toWholeUnits("KES", fiat("KES", 501n))).toMatchObject({
      error: { code: "amount_not_whole_shillings" },
    });
    expect(roundToWholeUnits("KES", fiat("KES", 501n), "floor")).toBe(500n);
    expect(roundToWholeUnits("KES", fiat("KES", 501n), "ceil")).toBe(600n);
  });
});
