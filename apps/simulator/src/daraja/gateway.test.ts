import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { faultEntry, faultKinds } from "../faults/catalogue.ts";
import { enableFault } from "../faults/active-faults.ts";
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

async function payPrompt(): Promise<void> {
  const pin = findCustomer(harness.simulator.world.database, amina)?.pin ?? "";
  const { body } = await harness.get(`/control/customers/${amina}/prompt`);
  const { prompt } = JSON.parse(body) as { prompt: { checkoutRequestId: string } | null };
  if (prompt !== null)
    await harness.press(`/handset/${amina}/prompt/${prompt.checkoutRequestId}`, { pin });
}

describe("M-Pesa Express", () => {
  test("a paid prompt is reported in Daraja's format", async () => {
    const id = await harness.push(amina, 150);
    expect(id).toMatch(/^ws_CO_\d+/);
    await harness.pass(1_000);
    await payPrompt();
    await harness.pass(2_000);
    const callback = (
      JSON.parse(harness.sent[0]?.body ?? "null") as {
        Body: {
          stkCallback: {
            CheckoutRequestID: string;
            ResultCode: number;
            CallbackMetadata: { Item: { Name: string; Value?: unknown }[] };
          };
        };
      }
    ).Body.stkCallback;
    expect(callback.CheckoutRequestID).toBe(id);
    expect(callback.ResultCode).toBe(0);
    const items = new Map(callback.CallbackMetadata.Item.map(({ Name, Value }) => [Name, Value]));
    expect(items.get("Amount")).toBe(150);
    expect(items.get("MpesaReceiptNumber")).toMatch(/^[A-Z0-9]{10}$/);
    expect(String(items.get("TransactionDate"))).toMatch(/^\d{14}$/);
    expect(String(items.get("PhoneNumber"))).toBe(amina);
  });

  test.each([
    ["an STK push without fields", "stkpush/v1/processrequest", {}],
    ["a payout without fields", "b2c/v3/paymentrequest", {}],
    ["a query without fields", "stkpushquery/v1/query", {}],
    ["a status query without fields", "transactionstatus/v1/query", {}],
  ])("answers %s with Daraja's error envelope", async (_name, path, body) => {
    const answer = await harness.api(`/mpesa/${path}`, body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const envelope = JSON.parse(answer.body) as Record<string, unknown>;
    expect(envelope).toMatchObject({
      errorCode: expect.stringMatching(/^\d{3}\.\d{3}\.\d{2,4}$/) as string,
      errorMessage: expect.any(String) as string,
    });
    expect(Object.keys(envelope)).toContain("requestId");
  });

  test("answers an unknown path with Daraja's own 404", async () => {
    expect((await harness.api("/mpesa/nothing", {})).body).toContain("404.001.01");
  });
});

describe("payouts", () => {
  test("pay once per id and report the result in Daraja's format", async () => {
    const before = balance(john);
    const first = await harness.payOut(john, 300, "ORDER-1");
    expect(first.status).toBe(200);
    const again = await harness.payOut(john, 300, "ORDER-1");
    expect(again.status).not.toBe(200);
    await harness.pass(3_000);
    await harness.pass(1_000);
    expect(balance(john) - before).toBe(30_000n);
    const results = harness.sent.filter(({ kind }) => kind === "payout_result");
    expect(results).toHaveLength(1);
    const { Result } = JSON.parse(results[0]?.body ?? "null") as {
      Result: Record<string, unknown>;
    };
    expect(Result).toMatchObject({ ResultCode: 0, OriginatorConversationID: "ORDER-1" });
    expect(Result["ConversationID"]).toMatch(/^AG_\d{8}_/);
    expect(harness.findings()).toEqual([]);
  });

  test("survive a restart after they were accepted, and pay once", async () => {
    const before = balance(john);
    await harness.payOut(john, 300, "ORDER-2");
    harness = await harness.reopen();
    await harness.pass(3_000);
    await harness.pass(1_000);
    expect(balance(john) - before).toBe(30_000n);
    harness = await harness.reopen();
    await harness.pass(60_000);
    expect(balance(john) - before).toBe(30_000n);
    expect(harness.findings()).toEqual([]);
  });
});

const cases = faultKinds.flatMap((kind) =>
  faultEntry(kind)
    .apis.filter((api) => api === "stk" || api === "b2c")
    .map((api) => ({ kind, api })),
);

test.each(cases)("$kind for $api neither creates nor loses money", async ({ kind, api }) => {
  const parameters = {
    ...(faultEntry(kind).takes.includes("code") ? { code: api === "stk" ? "1032" : "2040" } : {}),
    ...(faultEntry(kind).takes.includes("seconds") ? { seconds: 0.1 } : {}),
    ...(faultEntry(kind).takes.includes("copies") ? { copies: 2 } : {}),
  };
  const on = await harness.get("/control/faults/kinds");
  expect(on.body).toContain(kind);
  const { database } = harness.simulator.world;
  const switched = enableFault(database, 0, {
    api,
    kind,
    parameters,
    msisdn: null,
    remaining: null,
  });
  expect(switched.ok).toBe(true);
  const before = { amina: balance(amina), john: balance(john) };
  if (api === "stk") {
    const asked = harness.push(amina, 150).catch(() => undefined);
    // Some faults delay the answer until the callback has been delivered.
    await harness.pass(1_000);
    await payPrompt();
    for (let step = 0; step < 3; step += 1) await harness.pass(2_000);
    await asked;
  } else {
    const asked = harness.payOut(john, 300, "ORDER-3");
    for (let step = 0; step < 3; step += 1) await harness.pass(2_000);
    await asked;
  }
  for (let step = 0; step < 4; step += 1) await harness.pass(40_000);
  const moved = api === "stk" ? before.amina - balance(amina) : balance(john) - before.john;
  // Either nothing is paid, or the whole amount once. A paid prompt may also cost a fee.
  const whole = api === "stk" ? 15_000n : 30_000n;
  expect(moved === 0n || (moved >= whole && moved < whole + 5_000n)).toBe(true);
  expect(harness.findings()).toEqual([]);
});
