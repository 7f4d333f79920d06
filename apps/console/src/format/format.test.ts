import { describe, expect, test } from "vitest";
import { kesExact, kesShort, satsExact } from "./money.ts";
import { clock, isoDate, moment, span, utc } from "./time.ts";

describe("amounts", () => {
  test("are grouped, with cents where they count, and a sign that is seen", () => {
    expect(kesExact(200_000n)).toBe("2,000.00");
    expect(kesExact(-5n)).toBe("−0.05");
    expect(kesShort(123_456_700n)).toBe("1,234,567");
    expect(kesShort(1_250n)).toBe("12.50");
    expect(satsExact(15_575_000n)).toBe("15,575");
    expect(satsExact(-1_250n)).toBe("−1.250");
    expect(satsExact(0n)).toBe("0");
  });
});

describe("times", () => {
  const words = {
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
  };
  // 00:30 in Nairobi on the 22nd is still the 21st in UTC.
  const at = Date.parse("2026-11-21T21:30:05Z");

  test("are Nairobi's, and UTC beside them", () => {
    expect(clock(at)).toBe("00:30");
    expect(isoDate(at)).toBe("2026-11-22");
    expect(utc(at)).toBe("2026-11-21 21:30:05 UTC");
  });

  test("carry their date on another day, and their year in another year", () => {
    expect(moment(at, at + 3_600_000, words)).toBe("00:30");
    expect(moment(at, at - 3_600_000, words)).toBe("22 Nov 00:30");
    expect(moment(at, Date.parse("2027-02-01T00:00:00Z"), words)).toBe("22 Nov 2026 00:30");
  });

  test("are short as a span", () => {
    const units = { min: "min", h: "h", d: "d" };
    expect(span(20_000, units)).toBe("1 min");
    expect(span(42 * 60_000, units)).toBe("42 min");
    expect(span(47 * 3_600_000, units)).toBe("47 h");
    expect(span(9 * 86_400_000, units)).toBe("9 d");
  });
});
