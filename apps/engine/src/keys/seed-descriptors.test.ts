import { expect, test } from "vitest";
import { descriptorChecksum, seedDescriptors } from "./seed-descriptors.ts";

test("the master key matches test vector 1 of BIP 32", () => {
  const seed = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
  const [external, internal] = seedDescriptors(seed, "bitcoin", 7);
  const key =
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
  expect(external?.desc).toMatch(new RegExp(`^wpkh\\(${key}/84h/0h/0h/0/\\*\\)#\\w{8}$`, "u"));
  expect(internal).toMatchObject({ timestamp: 7, active: true, internal: true });
});

test("the checksum matches the test vector of BIP 380", () => {
  expect(descriptorChecksum("raw(deadbeef)")).toBe("89f8spxm");
});

test("mainnet and test networks have no descriptor in common", () => {
  const seed = new Uint8Array(64).fill(7);
  const main = seedDescriptors(seed, "bitcoin", 0).map(({ desc }) => desc);
  const test = seedDescriptors(seed, "signet", 0).map(({ desc }) => desc);
  expect(main.filter((one) => test.includes(one))).toEqual([]);
  expect(test.every((one) => one.includes("tprv"))).toBe(true);
});
