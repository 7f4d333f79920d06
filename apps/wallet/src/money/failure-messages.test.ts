import { problemCodes } from "@satsconnect/contracts";
import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { failureMessage } from "./failure-messages.ts";

const failure = (code: string, retry: "never" | "safe" | "unknown" = "safe") => ({
  code,
  message: "for programmers",
  retry,
});

describe("a failure message", () => {
  it("is never the error's own message, in either language", () => {
    for (const code of problemCodes)
      for (const words of [moneyEn, moneySw]) {
        const message = failureMessage(failure(code), words);
        expect(message).not.toBe("");
        expect(message).not.toContain("for programmers");
      }
  });

  it("says that nothing was sent without a network, and that the outcome is unknown where it is", () => {
    expect(failureMessage(failure("network_unreachable"), moneyEn)).toBe(
      "No network. Nothing was sent.",
    );
    expect(failureMessage(failure("internal_error", "unknown"), moneyEn)).toContain("not known");
    for (const code of ["network_unreachable", "answer_timed_out", "answer_malformed"]) {
      const message = failureMessage(failure(code, "unknown"), moneyEn);
      expect(message).toBe(moneyEn.problem.unknown);
      expect(message).not.toContain("Nothing");
    }
    expect(failureMessage(failure("strange"), moneyEn)).toContain("strange");
  });

  it("has its own sentence for every failure that a person can run into", () => {
    for (const code of [
      "rates_unavailable",
      "float_exhausted",
      "liquidity_exhausted",
      "daily_limit_exceeded",
      "recipient_not_registered",
      "quote_expired",
      "amount_below_minimum",
      "amount_above_maximum",
      "insufficient_funds",
      "operator_offline",
    ])
      expect(failureMessage(failure(code), moneyEn)).not.toContain(code);
  });
});
