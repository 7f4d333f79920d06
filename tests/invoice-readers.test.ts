import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { decodeInvoice } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { reportedCases } from "@satsconnect/money/reported-cases";
import { expect, test } from "vitest";
import { decodeInvoice as decodeInApi } from "../apps/api/src/domain/bolt11.ts";
import { integerToWords, signInvoice, taggedField } from "../apps/api/src/testing/invoice.ts";

/*
 * The wallet reads invoices with the Lightning core, the api with its own reader. An order is safe only if both read the
 * same payment: the same invoice accepted, with the same amount, hash, payee and end.
 */

const core = await loadCore({ prefer: "wasm" });
const secretKey = new Uint8Array(32).fill(7);

function bothRead(text: string) {
  const wallet = decodeInvoice((invoice) => core.decode(invoice), text);
  const api = decodeInApi(text);
  return {
    wallet: wallet.ok
      ? {
          network: wallet.value.network,
          amountMsat: wallet.value.amountMsat,
          paymentHash: wallet.value.paymentHash,
          payee: wallet.value.payee,
          description: wallet.value.description,
          createdAt: wallet.value.createdAt,
          expiresAt: wallet.value.expiresAt,
          minFinalCltvExpiryDelta: wallet.value.minFinalCltvExpiryDelta,
        }
      : null,
    api: api.ok
      ? {
          network: api.value.network,
          amountMsat: api.value.amountMsat,
          paymentHash: api.value.paymentHash,
          payee: api.value.payeeNodeId,
          description: api.value.description,
          createdAt: api.value.createdAt,
          expiresAt: api.value.expiresAt,
          minFinalCltvExpiryDelta: api.value.minFinalCltvExpiryDelta,
        }
      : null,
  };
}

const withInvoice = reportedCases("bolt11-odd", "bolt11-two-readers", "expiry-shown").filter(
  ({ input }) => typeof input === "object",
);

test.each(withInvoice)("both read $id alike, and its end is a date", ({ input, expected }) => {
  const { wallet, api } = bothRead((input as { readonly invoice: string }).invoice);
  expect(api).toEqual(wallet);
  if (wallet !== null) expect(new Date(wallet.expiresAt).getTime()).toBe(wallet.expiresAt);
  if (typeof expected === "object")
    expect({ wallet: wallet !== null, api: api !== null }).toMatchObject(expected as object);
});

test("both read the examples of BOLT 11 alike, the invalid ones included", () => {
  expect(reportedCases("bolt11-vector").length).toBeGreaterThan(0);
  // the examples are in the tests of each reader
  const examples = ["crates/lightning-core/tests/boundary.rs", "apps/api/src/domain/bolt11.test.ts"]
    .map((file) => readFileSync(path.join(import.meta.dirname, "..", file), "utf8"))
    .flatMap((text) => text.match(/\bln(?:bc|tb|bcrt)[0-9a-z]{100,}/gu) ?? []);
  let valid = 0;
  for (const example of new Set(examples)) {
    const { wallet, api } = bothRead(example);
    expect([example, api]).toEqual([example, wallet]);
    if (wallet !== null) valid += 1;
  }
  expect(examples.length).toBeGreaterThan(10);
  expect(valid).toBeGreaterThanOrEqual(3);
});

const timestamp = [1, 20, 30, 5, 6, 7, 8];
const word = fc.integer({ min: 0, max: 31 });
const words = (min: number, max = min) => fc.array(word, { minLength: min, maxLength: max });
/** 32 bytes, with four bits of padding that are zero as they should be. */
const hash = words(51).map((value) => [...value, 16]);
const field = (tag: number, value: fc.Arbitrary<number[]>) =>
  value.map((data) => taggedField(tag, data));
const features = (bits: readonly number[]): number[] => {
  const length = Math.floor(Math.max(0, ...bits) / 5) + 1;
  const value = Array.from({ length }, () => 0);
  for (const bit of bits) {
    const at = length - 1 - Math.floor(bit / 5);
    value[at] = (value[at] ?? 0) | (1 << (bit % 5));
  }
  return value;
};
/** "Chai" and "Ü" in UTF-8, nothing, and bytes that are not UTF-8. */
const description = fc.constantFrom<number[]>(
  [8, 13, 20, 6, 2, 26, 9, 0],
  [24, 14, 14, 0],
  [],
  [31, 31, 31],
);

const anyField = fc.oneof(
  field(1, fc.oneof(hash, words(51, 53))),
  field(3, fc.oneof(words(0), words(82), words(1, 90))),
  field(
    5,
    fc
      .tuple(
        fc.boolean(),
        fc.array(fc.constantFrom(8, 9, 14, 15, 16, 17, 25, 48, 49, 56, 57, 24, 100, 101)),
      )
      .map(([ordinary, bits]) => features(ordinary ? [...bits, 8, 14] : bits)),
  ),
  field(6, fc.oneof(words(0, 4), words(12, 14))),
  field(9, fc.oneof(words(0, 6), words(33), words(53), words(65, 70))),
  field(13, description),
  field(16, fc.oneof(hash, words(50, 54))),
  field(19, fc.oneof(words(53), words(52, 54))),
  field(23, fc.oneof(hash, words(51, 53))),
  field(24, fc.oneof(words(0, 4), words(12, 14))),
  field(27, words(0, 6)),
  fc.integer({ min: 0, max: 31 }).chain((tag) => field(tag, words(0, 6))),
  // a field that is cut off
  words(1, 3),
);

const prefix = fc
  .tuple(
    fc.constantFrom("lnbc", "lntb", "lntbs", "lnbcrt", "lnsb", "lntb4", "lnbcrtu"),
    fc.oneof(
      fc.constant(""),
      fc.bigInt({ min: 0n, max: 2n ** 66n }).map(String),
      fc.constantFrom(
        "0",
        "01",
        "10",
        "1844674407370955161",
        "18446744073709551610",
        "18446744073709551620",
        "20999999",
        "21000001",
        "18446744",
        "18446745",
      ),
    ),
    fc.constantFrom("", "m", "u", "n", "p", "x"),
  )
  .map(([network, amount, unit]) => network + amount + (amount === "" ? "" : unit));

const base = [
  taggedField(1, [...Array.from({ length: 51 }, () => 1), 16]),
  taggedField(16, [...Array.from({ length: 51 }, () => 2), 16]),
  taggedField(13, [8, 13, 20, 6, 2, 26, 9, 0]),
  taggedField(5, features([8, 14])),
];

test("both read any signed invoice alike: fields odd, missing, repeated, cut off, in any order", () => {
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(
      fc.oneof({ weight: 3, arbitrary: fc.constant("lnbcrt10u") }, prefix),
      fc.subarray(base, { minLength: 3 }),
      fc.array(anyField, { maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      (humanReadablePart, ordinary, odd, oddFirst, upper) => {
        const fields = oddFirst ? [...odd, ...ordinary] : [...ordinary, ...odd];
        const signed = signInvoice(humanReadablePart, [...timestamp, ...fields.flat()], secretKey);
        const { wallet, api } = bothRead(upper ? signed.toUpperCase() : signed);
        seen[wallet === null ? "refused" : "read"] += 1;
        expect([signed, api]).toEqual([signed, wallet]);
      },
    ),
    { numRuns: 2_000 },
  );
  // the property is empty if one of the two never happens
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(200);
});

test("both read every expiry alike, and each end is a date", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(64), (wide, shift) => {
      const seconds = wide >> BigInt(shift);
      const digits = seconds.toString(32).length;
      const expiry = Array.from({ length: digits }, (_, at) =>
        Number((seconds >> BigInt(5 * (digits - 1 - at))) & 31n),
      );
      const signed = signInvoice(
        "lnbcrt10u",
        [...timestamp, ...base.flat(), ...taggedField(6, expiry)],
        secretKey,
      );
      const { wallet, api } = bothRead(signed);
      expect([signed, api]).toEqual([signed, wallet]);
      expect(wallet).not.toBeNull();
      expect(Number.isNaN(new Date(wallet?.expiresAt ?? Number.NaN).getTime())).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("both read every multiplier and every amount that can exist alike, and refuse the rest", () => {
  for (const [amount, amountMsat] of [
    ["1", 100_000_000_000n],
    ["15000000", 1_500_000_000_000_000_000n],
    ["18446744", 1_844_674_400_000_000_000n],
    ["18446745", null],
    ["20999999", null],
    ["10p", 1n],
    ["1p", null],
    ["0", null],
    ["0u", null],
    ["010u", null],
  ] as const) {
    const signed = signInvoice(`lnbcrt${amount}`, [...timestamp, ...base.flat()], secretKey);
    const { wallet, api } = bothRead(signed);
    expect([amount, wallet?.amountMsat ?? null, api?.amountMsat ?? null]).toEqual([
      amount,
      amountMsat,
      amountMsat,
    ]);
  }
});

test.each(reportedCases("bolt11-network"))("$id: $expected", ({ id, input, expected }) => {
  // a testnet4 wallet is tested beside previewSend
  const prefix = /^ln[a-z]+/u.exec(String(input))?.[0] ?? "";
  const read = bothRead(signInvoice(`${prefix}10u`, [...timestamp, ...base.flat()], secretKey));
  const network = /^told as (\w+)$/u.exec(String(expected))?.[1];
  if (network !== undefined) expect(read.wallet?.network).toBe(network);
  else if (expected === "refused") expect(read).toEqual({ wallet: null, api: null });
  else expect([id, read.wallet?.network]).toEqual(["net-lntb-on-testnet4", "testnet"]);
  expect(read.api).toEqual(read.wallet);
});

test("neither reads an invoice of a network that this software does not know", () => {
  for (const network of ["lnsb", "lnbct", "lnxyz"])
    expect(
      bothRead(signInvoice(`${network}10u`, [...timestamp, ...base.flat()], secretKey)),
    ).toEqual({ wallet: null, api: null });
});

test("a timestamp is read alike up to its last second", () => {
  for (const seconds of [0, 2 ** 31, 2 ** 35 - 1]) {
    const { wallet, api } = bothRead(
      signInvoice("lnbcrt10u", [...integerToWords(seconds, 7), ...base.flat()], secretKey),
    );
    expect(api).toEqual(wallet);
    expect(wallet?.createdAt).toBe(seconds * 1_000);
  }
});
