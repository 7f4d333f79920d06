import { describe, expect, it } from "vitest";
import { formatMaskedPhone, formatPhone, maskPhone, parseMsisdn } from "./phone-number.ts";

describe("phone numbers", () => {
  it("are parsed from the usual notations", () => {
    for (const text of ["0712 345 678", "+254712345678", "254-712-345-678", "712345678"])
      expect(parseMsisdn(text)).toBe("254712345678");
    expect(parseMsisdn("0112345678")).toBe("254112345678");
    for (const text of ["", "0812345678", "07123456789", "12345"])
      expect(parseMsisdn(text)).toBeNull();
  });

  it("are formatted in groups, and masked where others may see them", () => {
    expect(formatPhone("254712345678")).toBe("0712 345 678");
    expect(maskPhone("254712345678")).toBe("0712 ••• 678");
    expect(formatMaskedPhone("2547•••••678")).toBe("07•• ••• 678");
    expect(formatMaskedPhone("strange")).toBe("strange");
  });
});
