import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findCustomer } from "../mpesa/customers.ts";
import { balanceCents, customerAccount } from "../mpesa/ledger.ts";
import { openTestSimulator } from "../testing/test-simulator.ts";
import type { TestSimulator } from "../testing/test-simulator.ts";

const amina = "254700000001";
const john = "254700000002";

let harness: TestSimulator;

beforeEach(async () => {
  harness = await openTestSimulator();
});
afterEach(() => harness.close());

function balance(msisdn: string): bigint {
  return balanceCents(harness.simulator.world.database, customerAccount(msisdn));
}

function pinOf(msisdn: string): string {
  return findCustomer(harness.simulator.world.database, msisdn)?.pin ?? "";
}

async function messages(msisdn: string): Promise<string> {
  return (await harness.get(`/control/customers/${msisdn}/messages`)).body;
}

describe("every page", () => {
  test.each([
    ["/handset", "Phones", "Simu"],
    ["/control", "Faults and accounts", "Swichi na akaunti"],
  ])("%s is available in both languages", async (path, english, swahili) => {
    expect((await harness.get(path)).body).toContain(english);
    const other = await harness.get(path, "sw");
    expect(other.body).toContain(swahili);
    expect(other.body).toContain('<html lang="sw">');
  });

  test.each([
    `/handset/${amina}`,
    `/handset/${amina}/menu`,
    `/handset/${amina}/menu/account`,
    `/handset/${amina}/menu/language`,
    `/handset/${amina}/menu/send`,
    `/handset/${amina}/menu/paybill`,
    `/handset/${amina}/menu/balance`,
    `/handset/${amina}/messages`,
  ])("%s loads nothing from other origins", async (path) => {
    const { status, body } = await harness.get(path);
    expect(status).toBe(200);
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  test("escapes entered text", async () => {
    await harness.press("/handset", { number: "0711222333", name: "O'NEIL", money: "10" });
    expect((await harness.get("/handset")).body).toContain("O&#39;NEIL");
    const wrong = await harness.press("/control/page/faults", {
      api: "stk",
      kind: "<script>alert(1)</script>",
    });
    expect(wrong.status).toBe(422);
    expect(wrong.body).not.toContain("<script>alert");
  });

  test("an unknown phone redirects to the list of phones", async () => {
    expect(await harness.get("/handset/254799999999")).toMatchObject({
      status: 303,
      location: "/handset",
    });
  });
});

describe("a prompt on the phone", () => {
  test("covers the screen, takes the PIN, and moves the money once", async () => {
    const before = balance(amina);
    const id = await harness.push(amina, 150);
    await harness.pass(1_000);
    expect((await harness.get(`/handset/${amina}`)).body).toContain("Ksh150.00 to SATSCONNECT");
    expect((await harness.get(`/handset/${amina}/menu`)).body).toContain(
      "Ksh150.00 to SATSCONNECT",
    );
    const pressed = await harness.press(`/handset/${amina}/prompt/${id}`, { pin: pinOf(amina) });
    expect(pressed).toMatchObject({ status: 303, location: `/handset/${amina}?note=sent` });
    await harness.pass(5_000);
    const again = await harness.press(`/handset/${amina}/prompt/${id}`, { pin: pinOf(amina) });
    expect(again.location).toContain("note=gone");
    expect(before - balance(amina)).toBeGreaterThanOrEqual(15_000n);
    expect(harness.sent).toHaveLength(1);
    expect(await messages(amina)).toContain("SATSCONNECT");
    expect(harness.findings()).toEqual([]);
  });

  test("when cancelled costs nothing and is reported to the business", async () => {
    const before = balance(amina);
    const id = await harness.push(amina, 150);
    await harness.pass(1_000);
    await harness.press(`/handset/${amina}/prompt/${id}`, { cancel: "yes" });
    await harness.pass(5_000);
    expect(balance(amina)).toBe(before);
    expect(harness.sent[0]?.body).toContain('"ResultCode":1032');
  });

  test("is in the language of the SIM card", async () => {
    await harness.press(`/handset/${amina}/menu/language`, { language: "sw" });
    await harness.push(amina, 150);
    await harness.pass(1_000);
    expect((await harness.get(`/handset/${amina}`)).body).toContain("Weka PIN ya M-PESA");
  });

  test("is neither shown nor answered while the phone is off", async () => {
    await harness.press(`/handset/${amina}/power`, { on: "no" });
    await harness.push(amina, 150);
    await harness.pass(1_000);
    expect((await harness.get(`/handset/${amina}`)).body).not.toContain("SATSCONNECT");
    await harness.pass(120_000);
    await harness.pass(1_000);
    expect(harness.sent[0]?.body).toMatch(/"ResultCode":(?:1037|"1037")/);
  });
});

describe("M-Pesa's menu", () => {
  test("sends money with its fee, and both customers get an SMS", async () => {
    const before = { amina: balance(amina), john: balance(john) };
    await harness.press(`/handset/${amina}/menu/send`, {
      to: "0700000002",
      amount: "200",
      pin: pinOf(amina),
    });
    expect(balance(john) - before.john).toBe(20_000n);
    expect(before.amina - balance(amina)).toBeGreaterThanOrEqual(20_000n);
    expect(await messages(john)).toContain("200.00");
    expect(harness.findings()).toEqual([]);
  });

  test("pays a business", async () => {
    const before = balance(amina);
    await harness.press(`/handset/${amina}/menu/paybill`, {
      business: "174379",
      account: "RENT 4",
      amount: "500",
      pin: pinOf(amina),
    });
    expect(before - balance(amina)).toBeGreaterThanOrEqual(50_000n);
    expect(harness.findings()).toEqual([]);
  });

  test("moves nothing after a wrong PIN, and locks the PIN after three", async () => {
    const before = balance(amina);
    const wrong = pinOf(amina) === "0000" ? "1111" : "0000";
    for (let times = 0; times < 3; times += 1)
      await harness.press(`/handset/${amina}/menu/send`, {
        to: "0700000002",
        amount: "200",
        pin: wrong,
      });
    await harness.press(`/handset/${amina}/menu/send`, {
      to: "0700000002",
      amount: "200",
      pin: pinOf(amina),
    });
    expect(balance(amina)).toBe(before);
  });

  test("moves nothing beyond the balance or to an invalid number", async () => {
    const before = balance(amina);
    await harness.press(`/handset/${amina}/menu/send`, {
      to: "0700000002",
      amount: "200000",
      pin: pinOf(amina),
    });
    expect(
      (
        await harness.press(`/handset/${amina}/menu/send`, {
          to: "12",
          amount: "200",
          pin: pinOf(amina),
        })
      ).status,
    ).toBe(422);
    await harness.press(`/handset/${amina}/menu/send`, {
      to: "0799999999",
      amount: "200",
      pin: pinOf(amina),
    });
    expect(balance(amina)).toBe(before);
    expect(harness.findings()).toEqual([]);
  });

  test("sends balance and mini statement by SMS", async () => {
    await harness.press(`/handset/${amina}/menu/balance`, { pin: pinOf(amina) });
    await harness.press(`/handset/${amina}/menu/statement`, { pin: pinOf(amina) });
    const inbox = await messages(amina);
    expect(inbox).toContain("50,000.00");
    expect(inbox).toContain("mini statement");
  });
});

describe("the control page", () => {
  test("turns a fault on and off", async () => {
    expect(
      (
        await harness.press("/control/page/faults", {
          api: "stk",
          kind: "callback_lost",
          times: "2",
        })
      ).status,
    ).toBe(303);
    expect((await harness.get("/control")).body).toContain("2 left");
    const { faults } = JSON.parse((await harness.get("/control/faults")).body) as {
      faults: { id: number }[];
    };
    await harness.press(`/control/page/faults/${String(faults[0]?.id)}/off`, {});
    expect((await harness.get("/control")).body).toContain("No fault is on");
  });

  test("refuses a fault that does not apply to the request, with the reason", async () => {
    const { status, body } = await harness.press("/control/page/faults", {
      api: "oauth",
      kind: "callback_lost",
    });
    expect(status).toBe(422);
    expect(body).toContain('role="alert"');
  });

  test("deposits money, and the audit stays clean", async () => {
    const before = (await harness.get("/control/shortcodes/174379")).body;
    expect(
      (await harness.press("/control/page/deposits/174379/utility", { amount: "100" })).status,
    ).toBe(303);
    expect((await harness.get("/control/shortcodes/174379")).body).not.toBe(before);
    expect(
      (await harness.press("/control/page/deposits/174379/utility", { amount: "much" })).status,
    ).toBe(422);
    expect(harness.findings()).toEqual([]);
  });

  test("breaks and repairs a price feed", async () => {
    await harness.press("/control/page/prices/kraken", { behaviour: "down" });
    expect((await harness.get("/control/prices")).body).toContain('"behaviour":"down"');
    await harness.press("/control/page/prices/kraken", { behaviour: "none" });
    expect((await harness.get("/control/prices")).body).not.toContain('"behaviour":"down"');
  });
});
