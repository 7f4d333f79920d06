import { memoryStorage } from "../testing/memory-storage.ts";
import { err, ok } from "@satsconnect/money";
import { beforeEach, expect, test, vi } from "vitest";
import type { Secret } from "./seal-seed.ts";
import {
  changePin,
  createVault,
  deleteVault,
  hasVault,
  isDeviceEncryptionOn,
  readAttempts,
  turnOnDeviceEncryption,
  setDecoy,
  unlock,
  turnOffDeviceEncryption,
} from "./vault.ts";
import type { Unlocked } from "./vault.ts";

const authenticator = vi.hoisted(() => ({
  secret: new Uint8Array(32).fill(7),
  refuses: false,
  forgotten: [] as string[],
}));

vi.mock("./device-encryption", () => ({
  deviceEncryption: {
    availability: async () => "ready",
    create: async () => ok({ handle: "handle", secret: authenticator.secret }),
    read: async () =>
      authenticator.refuses ? err("seal_refused", "no", "safe") : ok(authenticator.secret),
    delete: async (handle: string) => {
      authenticator.forgotten.push(handle);
    },
  },
}));

const real: Secret = { mnemonic: "legal winner thank", passphrase: "p", walletId: "real" };
const decoy: Secret = { mnemonic: "zoo zoo zoo", passphrase: "", walletId: "decoy" };

beforeEach(() => {
  now = 1_000 * minute;
  memoryStorage.clear();
  authenticator.secret = new Uint8Array(32).fill(7);
  authenticator.refuses = false;
});

/** In ms since 1970. */
let now = 0;
const minute = 60_000;

async function opened(pin: string, only?: 0 | 1): Promise<Unlocked> {
  const answer = await unlock(pin, now, only);
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.value;
}

async function refused(pin: string, only?: 0 | 1): Promise<string> {
  const answer = await unlock(pin, now, only);
  return answer.ok ? "opened" : answer.error.code;
}

test("opens with the right PIN, counts wrong ones, and stores no word in clear", async () => {
  const made = await createVault(real, "314159");
  expect((await opened("314159")).secret).toEqual(real);
  expect(made).toMatchObject({ ok: true, value: { slot: (await opened("314159")).slot } });
  expect(await refused("000001")).toBe("pin_wrong");
  expect(readAttempts(now).wrong).toBe(1);
  now += 10 * minute;
  await opened("314159");
  expect(readAttempts(now).wrong).toBe(0);
  expect(memoryStorage.everything()).not.toMatch(/legal|winner|real/u);
});

test("the old PIN no longer opens the wallet after a change", async () => {
  await createVault(real, "314159");
  expect(await changePin(await opened("314159"), "271828", now)).toBe(true);
  expect(await refused("314159")).toBe("pin_wrong");
  expect((await opened("271828")).secret).toEqual(real);
});

test("a decoy opens with its own PIN only, and neither PIN is accepted in the other's session", async () => {
  await createVault(real, "314159");
  const first = await opened("314159");
  expect(await setDecoy(first, decoy, "314159")).toBe(false);
  expect(await setDecoy(first, decoy, "161803")).toBe(true);
  const second = await opened("161803");
  expect(second.secret).toEqual(decoy);
  expect(second.slot).not.toBe(first.slot);
  expect(await refused("161803", first.slot)).toBe("pin_wrong");
  expect(await refused("314159", second.slot)).toBe("pin_wrong");
  expect((await opened("314159", first.slot)).secret).toEqual(real);
  expect(await changePin(second, "314159", now)).toBe(false);
});

test("accepts no PIN during a back-off, not even the right one", async () => {
  await createVault(real, "314159");
  for (const pin of ["000001", "000002", "000003"]) expect(await refused(pin)).toBe("pin_wrong");
  expect(await refused("314159")).toBe("pin_locked");
  now += minute;
  expect(await refused("314159")).toBe("opened");
});

test("trying PINs in many tabs at once gives no extra attempts", async () => {
  await createVault(real, "314159");
  const pins = ["000001", "000002", "000003", "000004", "000005", "314159"];
  const answers = await Promise.all(pins.map((pin) => refused(pin)));
  expect(answers.filter((answer) => answer === "pin_wrong")).toHaveLength(3);
  expect(answers.at(-1)).toBe("pin_locked");
});

test("entering the decoy's PIN gives no extra attempts at the other one", async () => {
  await createVault(real, "314159");
  await setDecoy(await opened("314159"), decoy, "161803");
  let tries = 0;
  for (let round = 0; round < 50; round += 1) {
    if ((await refused("000001")) === "pin_wrong") tries += 1;
    await refused("161803");
    now += 5_000;
  }
  expect(tries).toBeLessThan(8);
});

test("changing the decoy's PIN does not help to find the other one", async () => {
  await createVault(real, "314159");
  await setDecoy(await opened("314159"), decoy, "161803");
  let current = "161803";
  for (const pin of ["111112", "111113", "111114"]) {
    expect(await changePin(await opened(current), pin, now)).toBe(true);
    current = pin;
  }
  expect(await refused(current)).toBe("pin_locked");
});

test("the stored text has the same shape with a decoy and without one", async () => {
  await createVault(real, "314159");
  const shape = () =>
    memoryStorage.everything().replaceAll(/[A-Za-z0-9+/=]{20,}/gu, (text) => String(text.length));
  const before = shape();
  await setDecoy(await opened("314159"), decoy, "161803");
  expect(shape()).toBe(before);
});

test("with device encryption, neither wallet opens with its PIN alone", async () => {
  await createVault(real, "314159");
  await setDecoy(await opened("314159"), decoy, "161803");
  const open = await opened("314159");
  expect((await turnOnDeviceEncryption(open)).ok).toBe(true);
  expect(isDeviceEncryptionOn()).toBe(true);
  expect((await opened("314159")).secret).toEqual(real);
  expect((await opened("161803")).secret).toEqual(decoy);
  expect(memoryStorage.everything()).not.toContain(Buffer.from(open.deviceKey).toString("base64"));
  authenticator.refuses = true;
  expect(await refused("314159")).toBe("seal_refused");
  expect(await refused("000001")).toBe("seal_refused");
  // the PIN was not tried, so it is not counted
  expect(readAttempts(now).wrong).toBe(0);
});

test("reports device encryption as lost when the device returns another key", async () => {
  await createVault(real, "314159");
  await turnOnDeviceEncryption(await opened("314159"));
  authenticator.secret = new Uint8Array(32).fill(8);
  expect(await refused("314159")).toBe("seal_lost");
});

test("device encryption can be turned off, and is deleted with the vault", async () => {
  await createVault(real, "314159");
  await turnOnDeviceEncryption(await opened("314159"));
  await turnOffDeviceEncryption(await opened("314159"));
  expect(isDeviceEncryptionOn()).toBe(false);
  authenticator.refuses = true;
  const open = await opened("314159");
  expect(open.secret).toEqual(real);
  await turnOnDeviceEncryption(open);
  await deleteVault();
  expect(hasVault()).toBe(false);
  expect(authenticator.forgotten).toEqual(["handle", "handle"]);
});

test("does not overwrite a wallet created in another tab", async () => {
  const [first, second] = await Promise.all([
    createVault(real, "314159"),
    createVault(decoy, "161803"),
  ]);
  expect([first.ok, second.ok].filter(Boolean)).toHaveLength(1);
  const pin = first.ok ? "314159" : "161803";
  expect((await opened(pin)).secret).toEqual(first.ok ? real : decoy);
  expect(await createVault(decoy, "271828")).toMatchObject({ error: { code: "vault_exists" } });
});

test("keeps device encryption that another tab turned on during a PIN change", async () => {
  await createVault(real, "314159");
  const open = await opened("314159");
  const changing = changePin(open, "271828", now);
  await turnOnDeviceEncryption(open);
  expect(await changing).toBe(true);
  expect(isDeviceEncryptionOn()).toBe(true);
  expect((await opened("271828")).secret).toEqual(real);
});
