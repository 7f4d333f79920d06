import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeInvoice } from "../testing/invoice.ts";
import { createTestNode } from "../testing/login.ts";
import { decodeInvoice } from "./bolt11.ts";

/** Examples from BOLT 11, all signed by the same key with the same payment hash. */
const payee = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";
const paymentHash = "0001020304050607080900010203040506070809000102030405060708090102";
const createdAt = 1_496_314_658_000;

const anyAmount =
  "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
const coffee =
  "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
const hashedDescription =
  "lnbc20m1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqhp58yjmdan79s6qqdhdzgynm4zwqd5d7xmw5fk98klysy043l2ahrqs9qrsgq7ea976txfraylvgzuxs8kgcw23ezlrszfnh8r6qtfpr6cxga50aj6txm9rxrydzd06dfeawfk6swupvz4erwnyutnjq7x39ymw6j38gp7ynn44";

describe("BOLT 11 examples", () => {
  test("decodes an invoice without an amount", () => {
    expect(decodeInvoice(anyAmount)).toEqual({
      ok: true,
      value: {
        network: "bitcoin",
        amountMsat: null,
        paymentHash,
        payeeNodeId: payee,
        description: "Please consider supporting this project",
        createdAt,
        expiresAt: createdAt + 3_600_000,
        minFinalCltvExpiryDelta: 18,
      },
    });
  });

  test("decodes 250,000 satoshis with an expiry of one minute", () => {
    expect(decodeInvoice(coffee)).toMatchObject({
      ok: true,
      value: {
        amountMsat: 250_000_000n,
        description: "1 cup coffee",
        expiresAt: createdAt + 60_000,
        payeeNodeId: payee,
      },
    });
  });

  test("decodes an invoice with a description hash only", () => {
    expect(decodeInvoice(hashedDescription)).toMatchObject({
      ok: true,
      value: { amountMsat: 2_000_000_000n, description: null, payeeNodeId: payee },
    });
  });

  test("reads upper case as the same invoice", () => {
    expect(decodeInvoice(coffee.toUpperCase())).toEqual(decodeInvoice(coffee));
  });

  test.each([
    ["a wrong checksum", coffee.replace("pvjluez", "pvjluex")],
    [
      "no checksum",
      "pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpuaztrnwngzn3kdzw5hydlzf03qdgm2hdq27cqv3agm2awhz5se903vruatfhq77w3ls4evs3ch9zw97j25emudupq63nyw24cg27h2rspk28uwq",
    ],
    ["mixed case", coffee.replace("lnbc2500u", "LNBC2500u")],
    [
      "a public key that cannot be recovered",
      "lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpusp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9qrsgqwgt7mcn5yqw3yx0w94pswkpq6j9uh6xfqqqtsk4tnarugeektd4hg5975x9am52rz4qskukxdmjemg92vvqz8nvmsye63r5ykel43pgz7zq0g2",
    ],
    [
      "a truncated invoice",
      "lnbc1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6na6hlh",
    ],
    [
      "a multiplier that does not exist",
      "lnbc2500x1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpusp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9qrsgqrrzc4cvfue4zp3hggxp47ag7xnrlr8vgcmkjxk3j5jqethnumgkpqp23z9jclu3v0a7e0aruz366e9wqdykw6dxhdzcjjhldxq0w6wgqcnu43j",
    ],
    [
      "a fraction of a millisatoshi",
      "lnbc2500000001p1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpusp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9qrsgq0lzc236j96a95uv0m3umg28gclm5lqxtqqwk32uuk4k6673k6n5kfvx3d2h8s295fad45fdhmusm8sjudfhlf6dcsxmfvkeywmjdkxcp99202x",
    ],
  ])("refuses %s", (_name, invoice) => {
    expect(decodeInvoice(invoice)).toMatchObject({
      ok: false,
      error: { code: "invoice_malformed" },
    });
  });
});

test("refuses arbitrary text and single-character changes without throwing", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 500 }),
        fc.nat(coffee.length - 1).map((at) => flip(coffee, at)),
      ),
      (text) => {
        expect(decodeInvoice(text).ok).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});

function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === "q" ? "p" : "q") + text.slice(at + 1);
}

test("decodes every invoice a node can sign: network, amount, expiry, payee", () => {
  const secretKey = new Uint8Array(32).fill(7);
  const expectedPayee = createTestNode(secretKey).nodeId;
  const prefixes = {
    lnbc: "bitcoin",
    lntb: "testnet",
    lntbs: "signet",
    lnbcrt: "regtest",
  } as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(prefixes) as (keyof typeof prefixes)[])),
      fc.option(fc.bigInt({ min: 1n, max: 10n ** 16n })),
      fc.integer({ min: 1, max: 10 ** 7 }),
      fc.string({ maxLength: 60, unit: "grapheme" }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (prefix, amountMsat, expirySeconds, description, hash) => {
        const invoice = makeInvoice({
          secretKey,
          prefix,
          amountMsat,
          expirySeconds,
          description,
          paymentHash: hash,
          createdAtMs: createdAt,
        });
        expect(decodeInvoice(invoice)).toEqual({
          ok: true,
          value: {
            network: prefixes[prefix],
            amountMsat,
            paymentHash: Buffer.from(hash).toString("hex"),
            payeeNodeId: expectedPayee,
            description,
            createdAt,
            expiresAt: createdAt + expirySeconds * 1_000,
            minFinalCltvExpiryDelta: 18,
          },
        });
      },
    ),
  );
});
