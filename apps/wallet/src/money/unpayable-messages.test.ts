import { expect, test } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { unpayableMessage } from "./unpayable-messages.ts";

test("has a different statement for each kind of text, in both languages", () => {
  const codes = [
    "text_unknown",
    "text_ambiguous",
    "uri_malformed",
    "address_malformed",
    "address_wrong_network",
    "offer_unsupported",
    "lnurl_unsupported",
    "seed_words",
  ];
  for (const words of [moneyEn, moneySw]) {
    const statements = codes.map((code) => unpayableMessage(code, words).statement);
    expect(new Set(statements).size).toBe(codes.length);
  }
});

test("names a Lightning address as one, and warns about recovery words", () => {
  expect(unpayableMessage("lnurl_unsupported", moneyEn).statement).toContain("Lightning address");
  expect(unpayableMessage("seed_words", moneyEn).detail).toContain("Never show");
  expect(unpayableMessage("invoice_malformed", moneyEn).statement).toBe(moneyEn.send.unreadable);
});
