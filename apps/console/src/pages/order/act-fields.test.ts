import type { ActField } from "@satsconnect/contracts/admin";
import { describe, expect, test } from "vitest";
import { readField } from "./act-fields.ts";

const field = (kind: ActField["kind"], required = true): ActField => ({
  name: kind === "kes_cents" ? "amountKesCents" : kind,
  kind,
  required,
  proposal: null,
  max: null,
});

describe("what an operator enters", () => {
  test.each([
    ["kes_cents", "7,000", "700000"],
    ["kes_cents", "KES 12.50", "1250"],
    ["msat", "2 500", "2500000"],
    ["receipt", "skl4h7t2qz", "SKL4H7T2QZ"],
    ["invoice", "lnbcrt1\n abc", "lnbcrt1abc"],
    ["msisdn", "0712 345 408", "254712345408"],
    ["msisdn", "+254 712-345-408", "254712345408"],
  ] as const)("of kind %s, %s is sent as %s", (kind, entered, sent) => {
    expect(readField(field(kind), entered)).toEqual({ ok: true, value: sent });
  });

  test("is refused where it is no amount, or missing", () => {
    expect(readField(field("kes_cents"), "much").ok).toBe(false);
    expect(readField(field("kes_cents"), "-5").ok).toBe(false);
    expect(readField(field("kes_cents"), "1.234").ok).toBe(false);
    expect(readField(field("receipt"), "").ok).toBe(false);
    expect(readField(field("invoice", false), "")).toEqual({ ok: true, value: null });
  });
});
