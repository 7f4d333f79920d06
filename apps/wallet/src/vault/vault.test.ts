import { memoryStorage } from "../testing/memory-storage.ts";
import { err, ok } from "@satsconnect/money";
import { beforeEach, expect, test, vi } from "vitest";
import type { Secret } from "./sealing.ts";
import {
  changePin,
  createVault,
  deleteVault,
  hasVault,
  isDeviceSealed,
  readAttempts,
  sealDevice,
  setDecoy,
  unlock,
  unsealDevice,
} from "./vault.ts";
import type { Unlocked } from "./vault.ts";

const authenticator = vi.hoisted(() => ({
  secret: new Uint8Array(32).fill(7),
  refuses: false,
  forgotten: [] as string[],
}));

vi.mock("./device-seal", () => ({
  deviceSeal: {
    availability: async () => "ready",
    make: async () => ok({ handle: "handle", secret: authenticator.secret }),
    open: async () =>
      authenticator.refuses ? err("seal_refused", "no", "safe") : ok(authenticator.secret),
    forget: async (handle: string) => {
      authenticator.forgotten.push(handle);
    },
  },
}));

const real: Secret = { mnemonic: "legal winner thank", passphrase: "p", walletId: "real" };
const decoy: Secret = { mnemonic: "zoo zoo zoo", passphrase: "", walletId: "decoy" };

beforeEach(() => {
  memoryStorage.clear();
  authenticator.secret = new Uint8Array(32).fill(7);
  authenticator.refuses = false;
});

async function opened(pin: string, only?: 0 | 1): Promise<Unlocked> {
  const answer = await unlock(pin, 0, only);
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.value;
}

async function refused(pin: string, only?: 0 | 1): Promise<string> {
  const answer = await unlock(pin, 0, only);
  return answer.ok ? "opened" : answer.error.code;
}

test("the right PIN opens, a wrong one is counted, and nothing of the words lies in clear", async () => {
  const made = await createVault(real, "314159");
  expect((await opened("314159")).secret).toEqual(real);
  expect((await opened("314159")).slot).toBe(made.slot);
  expect(await refused("000001")).toBe("pin_wrong");
  expect(readAttempts().wrong).toBe(1);
  await opened("314159");
  expect(readAttempts().wrong).toBe(0);
  expect(memoryStorage.everything()).not.toMatch(/legal|winner|real/u);
});

test("another PIN for the same wallet closes the old one", async () => {
  await createVault(real, "314159");
  expect(await changePin(await opened("314159"), "271828")).toBe(true);
  expect(await refused("314159")).toBe("pin_wrong");
  expect((await opened("271828")).secret).toEqual(real);
});

test("a decoy opens by its own PIN only, and neither PIN counts in the other's session", async () => {
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
  expect(await changePin(second, "314159")).toBe(false);
});

test("what is stored looks the same with a decoy and without one", async () => {
  await createVault(real, "314159");
  const shape = () =>
    memoryStorage.everything().replaceAll(/[A-Za-z0-9+/=]{20,}/gu, (text) => String(text.length));
  const before = shape();
  await setDecoy(await opened("314159"), decoy, "161803");
  expect(shape()).toBe(before);
});

test("under the device's seal a PIN opens nothing without it, for both wallets alike", async () => {
  await createVault(real, "314159");
  await setDecoy(await opened("314159"), decoy, "161803");
  const open = await opened("314159");
  expect((await sealDevice(open)).ok).toBe(true);
  expect(isDeviceSealed()).toBe(true);
  expect((await opened("314159")).secret).toEqual(real);
  expect((await opened("161803")).secret).toEqual(decoy);
  expect(memoryStorage.everything()).not.toContain(Buffer.from(open.deviceKey).toString("base64"));
  authenticator.refuses = true;
  expect(await refused("314159")).toBe("seal_refused");
  expect(await refused("000001")).toBe("seal_refused");
  // what was not tried is not counted
  expect(readAttempts().wrong).toBe(0);
});

test("a device that answers with another key has lost the seal; only the words help then", async () => {
  await createVault(real, "314159");
  await sealDevice(await opened("314159"));
  authenticator.secret = new Uint8Array(32).fill(8);
  expect(await refused("314159")).toBe("seal_lost");
});

test("the seal can be taken off, and goes with the vault", async () => {
  await createVault(real, "314159");
  await sealDevice(await opened("314159"));
  await unsealDevice(await opened("314159"));
  expect(isDeviceSealed()).toBe(false);
  authenticator.refuses = true;
  const open = await opened("314159");
  expect(open.secret).toEqual(real);
  await sealDevice(open);
  await deleteVault();
  expect(hasVault()).toBe(false);
  expect(authenticator.forgotten).toEqual(["handle", "handle"]);
});
