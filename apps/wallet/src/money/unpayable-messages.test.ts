import { expect, test } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { unpayableMessage } from "./unpayable-messages.ts";

test("what is not paid is told for what it is, in both languages", () => {
  const codes = [
    "text_unknown",
    "uri_malformed",
    "address_malformed",
    "address_wrong_network",
    "offer_unsupported",
    "lnurl_unsupported",
    "seed_words",
  ];
  for (const words of [moneyEn, moneySw]) {
    const told = codes.map((code) => unpayableMessage(code, words).statement);
    expect(new Set(told).size).toBe(codes.length);
  }
});

test("a Lightning address is not called unreadable, and secret words are warned about", () => {
  expect(unpayableMessage("lnurl_unsupported", moneyEn).statement).toContain("Lightning address");
  expect(unpayableMessage("seed_words", moneyEn).detail).toContain("nobody");
  expect(unpayableMessage("invoice_malformed", moneyEn).statement).toBe(moneyEn.send.unreadable);
});
