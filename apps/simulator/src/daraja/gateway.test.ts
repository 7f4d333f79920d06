import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { faultEntry, faultKinds } from "../faults/catalogue.ts";
import { enableFault } from "../faults/active-faults.ts";
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

async function payPrompt(): Promise<void> {
  const pin = findCustomer(made.simulator.world.database, amina)?.pin ?? "";
  const { body } = await made.get(`/control/customers/${amina}/prompt`);
  const { prompt } = JSON.parse(body) as { prompt: { checkoutRequestId: string } | null };
  if (prompt !== null)
    await made.press(`/handset/${amina}/prompt/${prompt.checkoutRequestId}`, { pin });
}

describe("M-Pesa Express", () => {
  test("a paid prompt calls back in Daraja's shape", async () => {
    const id = await made.push(amina, 150);
    expect(id).toMatch(/^ws_CO_\d+/);
    await made.pass(1_000);
    await payPrompt();
    await made.pass(2_000);
    const callback = (
      JSON.parse(made.sent[0]?.body ?? "null") as {
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
    ["no body at all", "stkpush/v1/processrequest", {}],
    ["a payout without fields", "b2c/v3/paymentrequest", {}],
    ["a query without fields", "stkpushquery/v1/query", {}],
    ["a status query without fields", "transactionstatus/v1/query", {}],
  ])("%s gets Daraja's error envelope", async (_what, path, body) => {
    const answer = await made.api(`/mpesa/${path}`, body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const envelope = JSON.parse(answer.body) as Record<string, unknown>;
    expect(envelope).toMatchObject({
      errorCode: expect.stringMatching(/^\d{3}\.\d{3}\.\d{2,4}$/) as string,
      errorMessage: expect.any(String) as string,
    });
    expect(Object.keys(envelope)).toContain("requestId");
  });

  test("an unknown path is M-Pesa's own 404", async () => {
    expect((await made.api("/mpesa/nothing", {})).body).toContain("404.001.01");
  });
});

describe("payouts", () => {
  test("pay once under one id, however often it is sent, and tell in Daraja's shape", async () => {
    const before = balance(john);
    const first = await made.payOut(john, 300, "ORDER-1");
    expect(first.status).toBe(200);
    const again = await made.payOut(john, 300, "ORDER-1");
    expect(again.status).not.toBe(200);
    await made.pass(3_000);
    await made.pass(1_000);
    expect(balance(john) - before).toBe(30_000n);
    const results = made.sent.filter(({ kind }) => kind === "payout_result");
    expect(results).toHaveLength(1);
    const { Result } = JSON.parse(results[0]?.body ?? "null") as {
      Result: Record<string, unknown>;
    };
    expect(Result).toMatchObject({ ResultCode: 0, OriginatorConversationID: "ORDER-1" });
    expect(Result["ConversationID"]).toMatch(/^AG_\d{8}_/);
    expect(made.findings()).toEqual([]);
  });

  test("what was accepted survives a restart, and is paid once", async () => {
    const before = balance(john);
    await made.payOut(john, 300, "ORDER-2");
    made = await made.reopen();
    await made.pass(3_000);
    await made.pass(1_000);
    expect(balance(john) - before).toBe(30_000n);
    made = await made.reopen();
    await made.pass(60_000);
    expect(balance(john) - before).toBe(30_000n);
    expect(made.findings()).toEqual([]);
  });
});

const cases = faultKinds.flatMap((kind) =>
  faultEntry(kind)
    .apis.filter((api) => api === "stk" || api === "b2c")
    .map((api) => ({ kind, api })),
);

test.each(cases)("$kind for $api never makes or loses a cent", async ({ kind, api }) => {
  const parameters = {
    ...(faultEntry(kind).takes.includes("code") ? { code: api === "stk" ? "1032" : "2040" } : {}),
    ...(faultEntry(kind).takes.includes("seconds") ? { seconds: 0.1 } : {}),
    ...(faultEntry(kind).takes.includes("copies") ? { copies: 2 } : {}),
  };
  const on = await made.get("/control/faults/kinds");
  expect(on.body).toContain(kind);
  const { database } = made.simulator.world;
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
    const asked = made.push(amina, 150).catch(() => undefined);
    // Some faults answer only when the callback was delivered.
    await made.pass(1_000);
    await payPrompt();
    for (let step = 0; step < 3; step += 1) await made.pass(2_000);
    await asked;
  } else {
    const asked = made.payOut(john, 300, "ORDER-3");
    for (let step = 0; step < 3; step += 1) await made.pass(2_000);
    await asked;
  }
  for (let step = 0; step < 4; step += 1) await made.pass(40_000);
  const moved = api === "stk" ? before.amina - balance(amina) : balance(john) - before.john;
  // Either nothing, or the whole amount once (a prompt that is paid costs its fee, if any, on top).
  const whole = api === "stk" ? 15_000n : 30_000n;
  expect(moved === 0n || (moved >= whole && moved < whole + 5_000n)).toBe(true);
  expect(made.findings()).toEqual([]);
});
