import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { locatorOf, openJustice, sealJustice } from "./appointments.ts";

const txid = "d6ac4a5e61657c4c604dcde855a1db74ec6b3e54f32695d72c5e11c7761ea1b4";
const other = txid.replace("d6", "d7");

test("locates and encrypts as The Eye of Satoshi does", () => {
  // test vector of teos-common (cryptography.rs): the first bytes of the encrypted transaction, and its plaintext
  const plaintext = hexToBytes(
    "010000000001010000000000000000000000000000000000000000000000000000",
  );
  const key = sha256(hexToBytes(txid).reverse());
  const encrypted = chacha20poly1305(key, new Uint8Array(12)).encrypt(plaintext);
  expect(bytesToHex(encrypted.subarray(0, 33))).toBe(
    "f64d730654738fdbcd9e65068be17bc1abb44e74f8977985cce48e77209cf97292",
  );
  expect(locatorOf(txid)).toBe("b4a11e76c7115e2cd79526f3543e6bec");
});

test("a blob opens only with the id of its transaction", () => {
  const justice = {
    valueSat: 123_456_789n,
    transactions: [Uint8Array.of(1, 2, 3), new Uint8Array(300).fill(7)],
  };
  const blob = sealJustice(justice, txid);
  expect(openJustice(blob, txid)).toEqual(justice);
  expect(openJustice(blob, other)).toBeUndefined();
  expect(openJustice(blob.with(20, 0).with(21, 0), txid)).toBeUndefined();
  expect(openJustice(new Uint8Array(), txid)).toBeUndefined();
});

test("malformed content is refused", () => {
  const seal = (content: Uint8Array) =>
    chacha20poly1305(sha256(hexToBytes(txid).reverse()), new Uint8Array(12)).encrypt(content);
  for (const content of [
    [],
    [1],
    [2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1],
  ])
    expect(openJustice(seal(Uint8Array.from(content)), txid)).toBeUndefined();
});
