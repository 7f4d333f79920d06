import { endOfTime } from "@satsconnect/money";
import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import {
  centsOfRate,
  clock,
  clockWithSeconds,
  countdown,
  dateAndTime,
  dayName,
  codeEnd,
  deadline,
  kesCentsOf,
  kesCentsUpOf,
  kesExact,
  kesFigure,
  kesFigureNearest,
  msatOf,
  satsExact,
  satsFigure,
  satsFigureUp,
} from "./format.ts";

const thursday = Date.parse("2024-11-21T11:32:04.000Z");

describe("amounts", () => {
  it("are grouped with commas and never rounded up", () => {
    expect(kesFigure(1_842_099n)).toBe("18,420");
    expect(kesExact(200_000n)).toBe("2,000.00");
    expect(kesExact(51n)).toBe("0.51");
    expect(satsFigure(15_575_999n)).toBe("15,575");
    expect(satsFigureUp(15_575_001n)).toBe("15,576");
    expect(satsExact(1_250n)).toBe("1.250");
    expect(satsExact(21_000n)).toBe("21");
  });

  it("round payments to the nearest shilling and fees up", () => {
    expect(kesFigureNearest(97_99n)).toBe("98");
    expect(kesFigureNearest(100_07n)).toBe("100");
    expect(kesCentsUpOf(1n, 1_088_573_400n)).toBe(1n);
    expect(kesCentsUpOf(9_979_800n, 1_088_573_400n)).toBe(108_638n);
  });

  it("stay exact beyond the range of a float", () => {
    expect(kesFigure(922_337_203_685_477_580_799n)).toBe("9,223,372,036,854,775,807");
    const rate = centsOfRate("12700000.00");
    expect(kesCentsOf(msatOf(2_000_00n, rate), rate)).toBe(199_999n);
  });

  it("convert by the price, to zero without one", () => {
    expect(centsOfRate("10844580.90")).toBe(1_084_458_090n);
    expect(msatOf(100_00n, 0n)).toBe(0n);
  });
});

describe("times", () => {
  it("are Kenya's, on a 24-hour clock", () => {
    expect(clock(thursday)).toBe("14:32");
    expect(clockWithSeconds(thursday)).toBe("14:32:04");
    expect(clock(Date.parse("2024-11-21T21:05:00.000Z"))).toBe("00:05");
  });

  it("name their day, with the year only when it is not this one", () => {
    expect(dayName(thursday, thursday, moneyEn.days)).toBe("Today, Thursday 21 Nov");
    expect(dayName(thursday, thursday + 86_400_000, moneySw.days)).toBe("Jana, Alhamisi 21 Nov");
    expect(dayName(thursday, thursday + 40 * 86_400_000, moneyEn.days)).toBe("Thursday 21 Nov");
    expect(dayName(thursday, thursday + 400 * 86_400_000, moneyEn.days)).toBe(
      "Thursday 21 Nov 2024",
    );
    expect(dateAndTime(thursday, thursday, moneyEn.days)).toBe("21 Nov, 14:32:04");
  });

  it("change the day at midnight in Nairobi, not in UTC", () => {
    const late = Date.parse("2024-11-21T21:30:00.000Z");
    expect(dayName(late, late, moneyEn.days)).toBe("Today, Friday 22 Nov");
    expect(deadline(late, thursday, moneyEn.days)).toBe("22 Nov 00:30");
    expect(deadline(thursday, thursday, moneyEn.days)).toBe("14:32");
    const inTwoCenturies = Date.UTC(2226, 9, 13, 8, 27);
    expect(deadline(inTwoCenturies, thursday, moneyEn.days)).toBe("13 Oct 2226 11:27");
    // invoices whose end no date can express are read as ending then
    expect(codeEnd(endOfTime, thursday, moneyEn.days, "never")).toBe("never");
    expect(codeEnd(inTwoCenturies, thursday, moneyEn.days, "never")).toBe("13 Oct 2226 11:27");
  });

  it("count down in few characters", () => {
    const units = moneyEn.units;
    expect(countdown(102_000, units)).toBe("1:42");
    expect(countdown(101_001, units)).toBe("1:42");
    expect(countdown(0, units)).toBe("0:00");
    expect(countdown(-5_000, units)).toBe("0:00");
    expect(countdown(15 * 60_000, units)).toBe("15 min");
    expect(countdown(23 * 3_600_000, units)).toBe("23 h");
    expect(countdown(7 * 86_400_000, units)).toBe("7 d");
  });
});
