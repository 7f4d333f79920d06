import { expect, test } from "vitest";
import { parsePaymentText } from "./payment-text.ts";

const invoice = `lnbcrt9450n1${"qpzry9x8gf2tvdw0s3jn54khce6mua7l".repeat(4)}`;
const address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

const read = (text: string) => {
  const answer = parsePaymentText(text, "regtest");
  return answer.ok ? answer.value : answer.error.code;
};

test.each([
  invoice,
  invoice.toUpperCase(),
  `  ${invoice}\n`,
  `lightning:${invoice}`,
  `LIGHTNING:${invoice.toUpperCase()}`,
  `lightning://${invoice}`,
])("parses an invoice in any notation (%#)", (text) => {
  expect(read(text)).toMatchObject({ invoice, address: null });
});

test("parses the address and the invoice of one link, also in upper case", () => {
  const link = `bitcoin:${address}?amount=0.00021&label=Duka&lightning=${invoice}`;
  const found = { invoice, address, amountMsat: 21_000_000n };
  expect(read(link)).toMatchObject({ ...found, label: "Duka" });
  expect(
    read(`BITCOIN:${address.toUpperCase()}?AMOUNT=0.00021&LIGHTNING=${invoice.toUpperCase()}`),
  ).toMatchObject(found);
});

test.each([
  [`bitcoin:${address}?req-pin=1`, "uri_malformed"],
  [`bitcoin:${address}?amount=1&amount=2`, "uri_malformed"],
  [`bitcoin:${address}?amount=0.000000001`, "uri_malformed"],
  [`bitcoin:${address}?amount=1e30`, "uri_malformed"],
  [`bitcoin:${address}?amount=-1`, "uri_malformed"],
  [`bitcoin:${address}?amount=999999999`, "uri_malformed"],
  [`bitcoin:${address}?label=%E0%A4%A`, "uri_malformed"],
  ["bitcoin:?amount=1", "uri_malformed"],
  ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "address_wrong_network"],
  [`${address.slice(0, -1)}q`, "address_malformed"],
  ["mama@njeri.co.ke", "lnurl_unsupported"],
  ["LNURL1DP68GURN8GHJ7", "lnurl_unsupported"],
  ["lightning:lnurl1dp68gurn8ghj7", "lnurl_unsupported"],
  ["lnurlp://duka.co.ke/pay", "lnurl_unsupported"],
  ["https://duka.co.ke/?lightning=LNURL1DP68GURN8GHJ7", "lnurl_unsupported"],
  ["lno1qgsqvgnwgcg35z6ee2h3yczraddm72xrfua9uve2rlrm9deu7xyfzr", "offer_unsupported"],
  [`${"abandon ".repeat(11)}about`, "seed_words"],
  ["", "text_unknown"],
  ["x".repeat(20_000), "text_unknown"],
  ["https://example.com", "text_unknown"],
  ["\u202E\u0000", "text_unknown"],
])("refuses %s with %s", (text, code) => {
  expect(read(text)).toBe(code);
});

test("parses an address without an invoice", () => {
  expect(read(address)).toMatchObject({ invoice: null, address });
});
