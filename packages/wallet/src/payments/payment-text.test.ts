import fc from "fast-check";
import { reportedCases } from "@satsconnect/money/reported-cases";
import { bech32 } from "@scure/base";
import { describe, expect, test } from "vitest";
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
  [`bitcoin:${address}?amount=21000001`, "uri_malformed"],
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

/** An invoice with a valid checksum. */
const real =
  "lnbcrt10u1p4s6v64pp536qgfy483nrfdsfkgzt8z3kxwgkygqpd9rwkd98qxx93d0c2gs3ssp5qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qursdq8gd5xz6gxqrrss9qrsgq2l48gfmh9swur0u526f8373sdk02r4fvvch95ar0fzlw6cfe8kwpu9q5qu04s4d05wcl5vg7mstgjz0qhz8gznfsaaknpkxu4r7m6fcqhj0etv";
const amountless =
  "lnbcrt1p4s6v64pp5x8kj6mn25ua4ae6tj8pj8ukmn3sndd9qctgx29q4rspx56jpcvdssp5qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qursdq8gd5xz6gxqrrss9qrsgqnapzpwat7dyggsk6nr6sqjhrvqeu8mhk980ly9ddnjwjrn5udum8nzl0djnty86zawuaxsu2y0hc33l37hlhtnccj674keqrztr33yqp05skj8";

describe("payment texts of public reports", () => {
  const written = (text: string) =>
    text
      .replaceAll("<invoice>", real)
      .replaceAll("<INVOICE>", real.toUpperCase())
      .replaceAll("<address>", address)
      .replaceAll("<ADDRESS>", address.toUpperCase())
      .replaceAll("<amountless>", amountless);

  test.each(
    reportedCases(
      "pay-text",
      "pay-text-duplicate",
      "pay-text-lenient",
      "pay-text-prefix",
      "pay-text-blanks",
      "pay-text-invisible",
    ),
  )("$id", ({ id, input, expected }) => {
    const parsed = parsePaymentText(written(String(input)), "regtest");
    const right = Object.entries(expected as Readonly<Record<string, string | null>>);
    expect(right.length).toBeGreaterThan(0);
    for (const [name, value] of right) {
      if (name === "code") {
        expect(parsed.ok).toBe(false);
        if (!parsed.ok && value !== "*") expect(parsed.error.code).toBe(value);
        continue;
      }
      const found = parsed.ok ? parsed.value[name as keyof typeof parsed.value] : parsed.error.code;
      // this case names another invoice than the one that stands in for its placeholder here
      const wanted =
        value === null
          ? null
          : id === "uri-amount-0" && name === "invoice"
            ? amountless
            : written(value);
      expect(typeof found === "bigint" ? `${found}n` : found).toBe(wanted);
    }
  });
});

const quotes = ["“", "”"];
test.each([
  `${quotes[0]}${real}${quotes[1]}.`,
  `<${real}>`,
  `> ${real.slice(0, 70)}\n> ${real.slice(70, 140)}\n> ${real.slice(140)}`,
  `${real.slice(0, 70)}=\n${real.slice(70)}`,
  Array.from(real).join(" "),
  `Lipa hapa:\n${real.slice(0, 100)}\n${real.slice(100)}\nAsante sana`,
  `Tuma ${real.toUpperCase()}, tafadhali (${real})`,
  `lightning:LIGHTNING://${real}`,
  `lightning%3A${real}`,
  `bitcoin:${address}%3Famount%3D0.00001%26lightning%3D${real}`,
  `web+lightning:${real}`,
  `bitcoin:${address}?amount=0.00001&amp;lightning=${real}`,
  `bitcoin:${address}?amount=0,00001&lightning=${real}`,
  `bitcoin:${address}?amount=0.000000001&lightning=${real}`,
  `bitcoin:${address}?amount=1&amount=2&lightning=${real}`,
  `bitcoin:${address}?label=a&label=b&lightning=${real}`,
  `bitcoin:${address}?amount=0.1;lightning=${real}`,
  `bitcoin:${address}?amount=0.1?lightning=${real}`,
  `bitcoin:${address}#lightning=${real}`,
  `bitcoin:${address}?label=Order #7&lightning=${real}`,
  `bitcoin:${address.slice(0, -1)}q?lightning=${real}`,
  `bitcoin:?lightning=LNURL1DP68GURN8GHJ7&lightning=${real}`,
  `bitcoin:?lno=lno1notreal&lightning=${real}`,
  `bitcoin:${address}?lightning=lightning%3A${real.toUpperCase()}`,
  `bitcoin:${address}?lightning=${real.slice(0, 90)}\n${real.slice(90)}`,
  `https://pay.example/${real}`,
  `https://pay.example/?a=1&lightning=LIGHTNING:${real.toUpperCase()}#top`,
  `Hapa: bitcoin:${address}?amount=0.00001&lightning=${real}. Asante`,
  `On-chain: bitcoin:${address}\nLightning: ${real}`,
])("keeps the good invoice of %s", (text) => {
  expect(read(text)).toMatchObject({ invoice: real });
});

test.each([
  [`${real} ${amountless}`, "text_ambiguous"],
  [`bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6 ${address}`, "text_ambiguous"],
  [`bitcoin:${address}?req-pin=1&lightning=${real}`, "uri_malformed"],
  [`bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4?lightning=${real}`, "address_wrong_network"],
  [`bitcoin:${address}?amount=0,5`, "uri_malformed"],
  [`bitcoin:${address}?amount=1%20000`, "uri_malformed"],
  [`bitcoin:${address}?amount=5\u202e1`, "uri_malformed"],
  [`bitcoin:${address}?label=a&label=b`, "uri_malformed"],
  [`Pay ${address.slice(0, -1)}q please`, "text_unknown"],
  ["lightning:lightning:lightning:lightning:lightning:x", "text_unknown"],
  [
    "1. legal 2. winner 3. thank 4. year 5. wave 6. sausage 7. worth 8. useful 9. legal 10. winner 11. thank 12. yellow",
    "seed_words",
  ],
  [`${"abandon, ".repeat(23)}art`, "seed_words"],
])("refuses %s with %s", (text, code) => {
  expect(read(text)).toBe(code);
});

test("asks for the amount where a link's own cannot be told and the invoice has none", () => {
  for (const amount of ["1,5", "1e3", "1&amount=2", "-1", "0.000000001"])
    expect(read(`bitcoin:${address}?amount=${amount}&lightning=${amountless}`)).toMatchObject({
      invoice: amountless,
      amountMsat: null,
    });
});

test.each([
  ["1.", 100_000_000_000n],
  [".5", 50_000_000_000n],
  ["0.000100000000", 10_000_000n],
  ["00000000000.00000001", 1_000n],
  ["20999999.99999999", 2_099_999_999_999_999_000n],
  ["", null],
])("reads the amount “%s” of a link", (amount, amountMsat) => {
  expect(read(`bitcoin:${address}?amount=${amount}`)).toMatchObject({ address, amountMsat });
});

test("keeps a label as it was written, and one that is encoded wrongly as far as it can be read", () => {
  const label = (text: string) => read(`bitcoin:${address}?label=${text}`);
  expect(label("Ng%E2%80%99ombe")).toMatchObject({ label: "Ng’ombe" });
  expect(label("Caf%E9")).toMatchObject({ label: "Café" });
  expect(label("50% off")).toMatchObject({ label: "50% off" });
});

test("an invoice that was cut off is handed to the node, which says what is wrong with it", () => {
  expect(read(`Pay ${real.slice(0, -5)} thanks`)).toMatchObject({ invoice: real.slice(0, -5) });
});

const invoices = fc
  .tuple(
    fc.constantFrom("lnbcrt", "lnbc25m", "lntb", "lntbs20u"),
    fc.array(fc.integer({ min: 0, max: 31 }), { minLength: 120, maxLength: 300 }),
  )
  .map(([prefix, words]) => bech32.encode(prefix, words, false));
const around = fc.constantFrom(
  "",
  " ",
  "\n",
  " asante ",
  "\nTafadhali lipa: ",
  "\u200b",
  "“",
  "”",
  " - ",
  "\u2066",
  "(",
  ")",
  ".",
  ": ",
);

test("an invoice is found wherever a message put and broke it, and never becomes another one", () => {
  fc.assert(
    fc.property(
      invoices,
      fc.array(
        fc.tuple(fc.nat(400), fc.constantFrom("\n", " ", "\r\n", "\u200b", "\u00ad", "\n> ")),
        { maxLength: 6 },
      ),
      fc.constantFrom(
        "",
        "lightning:",
        "lightning: ",
        "LIGHTNING://",
        "bitcoin:?lightning=",
        "https://x.example/?lightning=",
      ),
      around,
      around,
      fc.boolean(),
      (invoice, breaks, scheme, before, after, upper) => {
        let body = upper ? invoice.toUpperCase() : invoice;
        for (const [at, mark] of breaks.toSorted(([one], [other]) => other - one)) {
          // a break inside the prefix leaves no beginning to find when there is text around it
          const place = Math.max(at, 12);
          if (place < body.length) body = body.slice(0, place) + mark + body.slice(place);
        }
        const text = before + scheme + body + after;
        expect([text, read(text)]).toEqual([text, expect.objectContaining({ invoice })]);
      },
    ),
  );
});

test("any text is read or refused with a code, whatever it is", () => {
  const parts = fc.constantFrom(
    "bitcoin:",
    "lightning:",
    "?",
    "&",
    "=",
    "%",
    "%3a",
    "#",
    "amount",
    "lightning",
    real,
    address,
    "lnurl1",
    "lno1",
    "1.5",
    "\u202e",
    "https://",
    "@",
    " ",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(parts, fc.string({ unit: "grapheme" })), { maxLength: 12 }),
      (list) => {
        const answer = read(list.join(""));
        if (typeof answer === "string") expect(answer).toMatch(/^[a-z_]+$/u);
        else if (
          answer.invoice !== null &&
          bech32.decodeUnsafe(answer.invoice, false) !== undefined
        )
          expect(answer.invoice).toBe(real);
      },
    ),
  );
});
