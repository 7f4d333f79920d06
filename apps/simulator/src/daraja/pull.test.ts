import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enableFault } from "../faults/active-faults.ts";
import type { FaultKind } from "../faults/catalogue.ts";
import { findCustomer } from "../mpesa/customers.ts";
import { openTestSimulator } from "../testing/test-simulator.ts";
import type { TestSimulator } from "../testing/test-simulator.ts";

const amina = "254700000001";
const shortcode = "174379";
let harness: TestSimulator;

beforeEach(async () => {
  harness = await openTestSimulator();
});
afterEach(() => harness.close());

type Line = Readonly<Record<string, string | number>>;
type Answer = {
  readonly ResponseCode?: string;
  readonly ResponseStatus?: string;
  readonly errorCode?: string;
  readonly Response?: readonly (readonly Line[])[];
};

const call = async (path: string, body: object) =>
  JSON.parse((await harness.api(`/pulltransactions/v1/${path}`, body)).body) as Answer;
const register = () =>
  call("register", {
    ShortCode: shortcode,
    RequestType: "Pull",
    NominatedNumber: "0722000000",
    CallBackURL: "https://example.com/pull",
  });
const query = (offset = 0) =>
  call("query", {
    ShortCode: shortcode,
    StartDate: "2026-03-01 12:00:00",
    EndDate: "2026-03-04 12:00",
    OffSetValue: String(offset),
  });
const lines = async () => (await query()).Response?.flat() ?? [];

async function pay(shillings: number): Promise<void> {
  await harness.push(amina, shillings);
  await harness.pass(1_000);
  const { pin } = findCustomer(harness.simulator.world.database, amina) ?? { pin: "" };
  const prompt = JSON.parse((await harness.get(`/control/customers/${amina}/prompt`)).body) as {
    readonly prompt: { readonly checkoutRequestId: string };
  };
  await fetch(
    `${harness.url}/control/customers/${amina}/prompt/${prompt.prompt.checkoutRequestId}`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type: "pin", pin }),
    },
  );
  await harness.pass(1_000);
}

const enable = (kind: FaultKind, parameters = {}) =>
  enableFault(harness.simulator.world.database, 0, {
    api: "pull",
    kind,
    parameters,
    msisdn: null,
    remaining: null,
  });

describe("Pull Transactions", () => {
  test("needs a registration, which can be repeated", async () => {
    expect((await query()).errorCode).toBe("400.001");
    expect((await register()).ResponseStatus).toBe("1000");
    expect((await register()).ResponseStatus).toBe("1001");
    expect(await query()).toMatchObject({ ResponseCode: "1001", Response: [[]] });
  });

  test("lists what customers paid, as the accounts have it, by row offset", async () => {
    await register();
    await pay(150);
    const [line] = await lines();
    expect(line).toMatchObject({
      msisdn: 700000001,
      amount: "150.00",
      billreference: "ORDER1",
      transactiontype: "c2b-pay-bill-debit",
    });
    expect((await query(1)).ResponseCode).toBe("1001");
    await harness.pass(49 * 3_600_000);
    expect(await lines()).toEqual([]);
  });

  test("can be late, repeated, out of order and masked", async () => {
    await register();
    await pay(150);
    await harness.pass(130_000);
    await pay(160);
    enable("lines_late", { seconds: 60 });
    expect((await lines()).map(({ amount }) => amount)).toEqual(["150.00"]);
    await harness.get("/control/faults");
    await fetch(`${harness.url}/control/faults`, { method: "DELETE" });
    enable("lines_repeated", { copies: 3 });
    expect(await lines()).toHaveLength(6);
    await fetch(`${harness.url}/control/faults`, { method: "DELETE" });
    enable("lines_reordered");
    expect((await lines()).map(({ amount }) => amount)).toEqual(["160.00", "150.00"]);
    await fetch(`${harness.url}/control/faults`, { method: "DELETE" });
    enable("lines_masked");
    expect((await lines())[0]?.["msisdn"]).toBe("2547 ***** 001");
  });
});

describe("the statement of the portal", () => {
  test("agrees with the accounts, and a transfer has one receipt on both of its accounts", async () => {
    await pay(150);
    const moved = await fetch(`${harness.url}/control/shortcodes/${shortcode}/working/transfers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ to: `${shortcode}:utility`, amountCents: "100000" }),
    });
    const { receipt } = (await moved.json()) as { readonly receipt: string };
    const statement = async (account: string) =>
      (await harness.get(`/control/shortcodes/${shortcode}/${account}/statement.csv`)).body;
    const utility = (await statement("utility")).split("\r\n");
    expect(utility.slice(0, 2)).toEqual(["Organization Name,SATSCONNECT", "Short Code,174379"]);
    expect(utility[6]).toMatch(
      new RegExp(`^${receipt},.*,Completed,1000.00,,2001150.00,true,Organization Transfer,`),
    );
    expect(utility[7]).toMatch(
      /,Completed,150.00,,2000150.00,true,Pay Bill Online,2547\*{4}0001 - AMINA WANJIKU KAMAU,,ORDER1$/,
    );
    expect(await statement("working")).toContain(`${receipt},`);
    expect(harness.findings()).toEqual([]);
  });
});
