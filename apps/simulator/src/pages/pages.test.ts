import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findCustomer } from "../mpesa/customers.ts";
import { balanceCents, customerAccount } from "../mpesa/ledger.ts";
import { openTestSimulator } from "../testing/test-simulator.ts";
import type { TestSimulator } from "../testing/test-simulator.ts";

const amina = "254700000001";
const john = "254700000002";

let made: TestSimulator;

beforeEach(async () => {
  made = await openTestSimulator();
});
afterEach(() => made.close());

function balance(msisdn: string): bigint {
  return balanceCents(made.simulator.world.database, customerAccount(msisdn));
}

function pinOf(msisdn: string): string {
  return findCustomer(made.simulator.world.database, msisdn)?.pin ?? "";
}

async function messages(msisdn: string): Promise<string> {
  return (await made.get(`/control/customers/${msisdn}/messages`)).body;
}

describe("every page", () => {
  test.each([
    ["/handset", "The phones", "Simu"],
    ["/control", "Switches and accounts", "Swichi na akaunti"],
  ])("%s speaks both languages", async (path, english, swahili) => {
    expect((await made.get(path)).body).toContain(english);
    const other = await made.get(path, "sw");
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
  ])("%s is a page that loads nothing from elsewhere", async (path) => {
    const { status, body } = await made.get(path);
    expect(status).toBe(200);
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  test("what people typed is shown as text", async () => {
    await made.press("/handset", { number: "0711222333", name: "O'NEIL", money: "10" });
    expect((await made.get("/handset")).body).toContain("O&#39;NEIL");
    const wrong = await made.press("/control/page/faults", {
      api: "stk",
      kind: "<script>alert(1)</script>",
    });
    expect(wrong.status).toBe(422);
    expect(wrong.body).not.toContain("<script>alert");
  });

  test("a phone that nobody has leads back to the shelf", async () => {
    expect(await made.get("/handset/254799999999")).toMatchObject({
      status: 303,
      location: "/handset",
    });
  });
});

describe("a prompt on the phone", () => {
  test("covers the screen, takes the PIN, and the money moves once", async () => {
    const before = balance(amina);
    const id = await made.push(amina, 150);
    await made.pass(1_000);
    expect((await made.get(`/handset/${amina}`)).body).toContain("Ksh150.00 to SATSCONNECT");
    expect((await made.get(`/handset/${amina}/menu`)).body).toContain("Ksh150.00 to SATSCONNECT");
    const pressed = await made.press(`/handset/${amina}/prompt/${id}`, { pin: pinOf(amina) });
    expect(pressed).toMatchObject({ status: 303, location: `/handset/${amina}?note=sent` });
    await made.pass(5_000);
    const again = await made.press(`/handset/${amina}/prompt/${id}`, { pin: pinOf(amina) });
    expect(again.location).toContain("note=gone");
    expect(before - balance(amina)).toBeGreaterThanOrEqual(15_000n);
    expect(made.sent).toHaveLength(1);
    expect(await messages(amina)).toContain("SATSCONNECT");
    expect(made.findings()).toEqual([]);
  });

  test("cancelled, it costs nothing and says so to the business", async () => {
    const before = balance(amina);
    const id = await made.push(amina, 150);
    await made.pass(1_000);
    await made.press(`/handset/${amina}/prompt/${id}`, { cancel: "yes" });
    await made.pass(5_000);
    expect(balance(amina)).toBe(before);
    expect(made.sent[0]?.body).toContain('"ResultCode":1032');
  });

  test("is in the language of the SIM card", async () => {
    await made.press(`/handset/${amina}/menu/language`, { language: "sw" });
    await made.push(amina, 150);
    await made.pass(1_000);
    expect((await made.get(`/handset/${amina}`)).body).toContain("Weka PIN ya M-PESA");
  });

  test("a phone that is off shows nothing and answers nothing", async () => {
    await made.press(`/handset/${amina}/power`, { on: "no" });
    await made.push(amina, 150);
    await made.pass(1_000);
    expect((await made.get(`/handset/${amina}`)).body).not.toContain("SATSCONNECT");
    await made.pass(120_000);
    await made.pass(1_000);
    expect(made.sent[0]?.body).toMatch(/"ResultCode":(?:1037|"1037")/);
  });
});

describe("M-Pesa's own menu", () => {
  test("sends money to another person, with its fee, and both are told", async () => {
    const before = { amina: balance(amina), john: balance(john) };
    await made.press(`/handset/${amina}/menu/send`, {
      to: "0700000002",
      amount: "200",
      pin: pinOf(amina),
    });
    expect(balance(john) - before.john).toBe(20_000n);
    expect(before.amina - balance(amina)).toBeGreaterThanOrEqual(20_000n);
    expect(await messages(john)).toContain("200.00");
    expect(made.findings()).toEqual([]);
  });

  test("pays a business", async () => {
    const before = balance(amina);
    await made.press(`/handset/${amina}/menu/paybill`, {
      business: "174379",
      account: "RENT 4",
      amount: "500",
      pin: pinOf(amina),
    });
    expect(before - balance(amina)).toBeGreaterThanOrEqual(50_000n);
    expect(made.findings()).toEqual([]);
  });

  test("a wrong PIN moves nothing; the third one locks", async () => {
    const before = balance(amina);
    const wrong = pinOf(amina) === "0000" ? "1111" : "0000";
    for (let times = 0; times < 3; times += 1)
      await made.press(`/handset/${amina}/menu/send`, {
        to: "0700000002",
        amount: "200",
        pin: wrong,
      });
    await made.press(`/handset/${amina}/menu/send`, {
      to: "0700000002",
      amount: "200",
      pin: pinOf(amina),
    });
    expect(balance(amina)).toBe(before);
  });

  test("more than there is, and numbers that are none, move nothing", async () => {
    const before = balance(amina);
    await made.press(`/handset/${amina}/menu/send`, {
      to: "0700000002",
      amount: "200000",
      pin: pinOf(amina),
    });
    expect(
      (
        await made.press(`/handset/${amina}/menu/send`, {
          to: "12",
          amount: "200",
          pin: pinOf(amina),
        })
      ).status,
    ).toBe(422);
    await made.press(`/handset/${amina}/menu/send`, {
      to: "0799999999",
      amount: "200",
      pin: pinOf(amina),
    });
    expect(balance(amina)).toBe(before);
    expect(made.findings()).toEqual([]);
  });

  test("tells the balance and the last movements by message", async () => {
    await made.press(`/handset/${amina}/menu/balance`, { pin: pinOf(amina) });
    await made.press(`/handset/${amina}/menu/statement`, { pin: pinOf(amina) });
    const told = await messages(amina);
    expect(told).toContain("50,000.00");
    expect(told).toContain("mini statement");
  });
});

describe("the page of switches", () => {
  test("switches a fault on and off", async () => {
    expect(
      (await made.press("/control/page/faults", { api: "stk", kind: "callback_lost", times: "2" }))
        .status,
    ).toBe(303);
    expect((await made.get("/control")).body).toContain("2 more");
    const { faults } = JSON.parse((await made.get("/control/faults")).body) as {
      faults: { id: number }[];
    };
    await made.press(`/control/page/faults/${String(faults[0]?.id)}/off`, {});
    expect((await made.get("/control")).body).toContain("Nothing is switched on");
  });

  test("a fault that is not for this request is refused with the reason", async () => {
    const { status, body } = await made.press("/control/page/faults", {
      api: "oauth",
      kind: "callback_lost",
    });
    expect(status).toBe(422);
    expect(body).toContain('role="alert"');
  });

  test("puts money in, and the books still agree", async () => {
    const before = (await made.get("/control/shortcodes/174379")).body;
    expect(
      (await made.press("/control/page/deposits/174379/utility", { amount: "100" })).status,
    ).toBe(303);
    expect((await made.get("/control/shortcodes/174379")).body).not.toBe(before);
    expect(
      (await made.press("/control/page/deposits/174379/utility", { amount: "much" })).status,
    ).toBe(422);
    expect(made.findings()).toEqual([]);
  });

  test("makes a price feed go wrong and right again", async () => {
    await made.press("/control/page/prices/kraken", { behaviour: "down" });
    expect((await made.get("/control/prices")).body).toContain('"behaviour":"down"');
    await made.press("/control/page/prices/kraken", { behaviour: "none" });
    expect((await made.get("/control/prices")).body).not.toContain('"behaviour":"down"');
  });
});
