import { memoryStorage } from "../testing/memory-storage.ts";
import { beforeEach, expect, test } from "vitest";
import { deleteWalletPreferences, openWalletPreferences } from "./wallet-preferences.ts";

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

test("a wallet reads back what it stored", () => {
  openWalletPreferences(real).change({ msisdn: "254712345678", wordsChecked: true });
  expect(openWalletPreferences(real).get()).toMatchObject({
    msisdn: "254712345678",
    wordsChecked: true,
  });
});

test("a decoy neither reads nor changes the other wallet's preferences", () => {
  openWalletPreferences(real).change({
    msisdn: "254712345678",
    wordsChecked: true,
    hideAmounts: true,
  });
  const other = openWalletPreferences(decoy);
  expect(other.get()).toMatchObject({ msisdn: null, wordsChecked: false, hideAmounts: false });
  other.change({ msisdn: "254700000001" });
  expect(openWalletPreferences(real).get().msisdn).toBe("254712345678");
  expect(openWalletPreferences(decoy).get().msisdn).toBe("254700000001");
});

test("the stored text does not reveal the content or how many wallets wrote", () => {
  openWalletPreferences(real).change({ msisdn: "254712345678" });
  const shape = () =>
    memoryStorage.everything().replaceAll(/[A-Za-z0-9+/=]{20,}/gu, (text) => String(text.length));
  const one = shape();
  expect(memoryStorage.everything()).not.toMatch(/2547|msisdn|real/u);
  openWalletPreferences(decoy).change({ msisdn: "254700000001" });
  expect(shape()).toBe(one);
});

test("keeps what another tab wrote", () => {
  const [here, there] = [openWalletPreferences(real), openWalletPreferences(real)];
  there.change({ wordsChecked: true });
  here.change({ hideAmounts: true });
  expect(openWalletPreferences(real).get()).toMatchObject({
    wordsChecked: true,
    hideAmounts: true,
  });
});

test("a wallet in the slot of another starts with defaults", () => {
  openWalletPreferences(real).change({ msisdn: "254712345678" });
  expect(openWalletPreferences({ secret: decoy.secret, slot: 0 }).get().msisdn).toBeNull();
  deleteWalletPreferences();
  expect(openWalletPreferences(real).get().msisdn).toBeNull();
});
