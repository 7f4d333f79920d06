import { memoryStorage } from "../testing/memory-storage.ts";
import { beforeEach, expect, test } from "vitest";
import { forgetOwn, openOwn } from "./wallet-preferences.ts";

const real = {
  secret: { mnemonic: "legal winner thank", passphrase: "", walletId: "real" },
  slot: 0,
} as const;
const decoy = {
  secret: { mnemonic: "zoo zoo zoo", passphrase: "", walletId: "decoy" },
  slot: 1,
} as const;

beforeEach(() => {
  memoryStorage.clear();
});

test("a wallet finds again what it kept", () => {
  openOwn(real).change({ msisdn: "254712345678", wordsChecked: true });
  expect(openOwn(real).get()).toMatchObject({ msisdn: "254712345678", wordsChecked: true });
});

test("a decoy sees nothing of it and changes nothing of it", () => {
  openOwn(real).change({ msisdn: "254712345678", wordsChecked: true, hideAmounts: true });
  const other = openOwn(decoy);
  expect(other.get()).toMatchObject({ msisdn: null, wordsChecked: false, hideAmounts: false });
  other.change({ msisdn: "254700000001" });
  expect(openOwn(real).get().msisdn).toBe("254712345678");
  expect(openOwn(decoy).get().msisdn).toBe("254700000001");
});

test("who reads the storage learns nothing, not even how many wallets wrote", () => {
  openOwn(real).change({ msisdn: "254712345678" });
  const shape = () =>
    memoryStorage.everything().replaceAll(/[A-Za-z0-9+/=]{20,}/gu, (text) => String(text.length));
  const one = shape();
  expect(memoryStorage.everything()).not.toMatch(/2547|msisdn|real/u);
  openOwn(decoy).change({ msisdn: "254700000001" });
  expect(shape()).toBe(one);
});

test("what another tab wrote is kept", () => {
  const [here, there] = [openOwn(real), openOwn(real)];
  there.change({ wordsChecked: true });
  here.change({ hideAmounts: true });
  expect(openOwn(real).get()).toMatchObject({ wordsChecked: true, hideAmounts: true });
});

test("a wallet made in the place of another begins with nothing", () => {
  openOwn(real).change({ msisdn: "254712345678" });
  expect(openOwn({ secret: decoy.secret, slot: 0 }).get().msisdn).toBeNull();
  forgetOwn();
  expect(openOwn(real).get().msisdn).toBeNull();
});
