import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrderKind, OrderState } from "@satsconnect/contracts";
import { valueOf } from "@satsconnect/money";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { expectBooksInOrder } from "./support/invariants.ts";
import {
  buy,
  openOrder,
  openTestWallet,
  spendableMsat,
  untilFinal,
  untilState,
} from "./support/wallets.ts";
import type { TestWallet } from "./support/wallets.ts";

let system: TestSystem;
let wallet: TestWallet;
let phone: string;

beforeAll(async () => {
  system = await startTestSystem("callbacks");
  phone = await system.addCustomer("CALLED BACK KEMUNTO");
  wallet = await openTestWallet(system, "callbacks");
  await buy(system, wallet, phone, 300_000n);
}, 240_000);

afterAll(async () => {
  await wallet?.close();
  await system?.stop();
}, 60_000);

type Case = {
  readonly name: string;
  readonly kind: OrderKind;
  readonly faults: readonly { readonly kind: string; readonly code?: string }[];
  readonly finalState: OrderState;
};

const cases: readonly Case[] = [
  {
    name: "32: a buy whose callback arrives three times is paid once",
    kind: "buy",
    faults: [{ kind: "callback_repeated" }],
    finalState: "paid",
  },
  {
    name: "33: a buy whose callback arrives before the response to the STK push is paid once",
    kind: "buy",
    faults: [{ kind: "callback_before_acknowledgement" }],
    finalState: "paid",
  },
  {
    name: "a buy whose callback is lost is still paid",
    kind: "buy",
    faults: [{ kind: "callback_lost" }],
    finalState: "paid",
  },
  {
    name: "a sell whose result callback arrives three times is paid out once and claimed once",
    kind: "sell",
    faults: [{ kind: "callback_repeated" }],
    finalState: "claimed",
  },
  {
    name: "a sell whose result callback arrives before the response to the payout request is claimed once",
    kind: "sell",
    faults: [{ kind: "callback_before_acknowledgement" }],
    finalState: "claimed",
  },
  {
    name: "a sell whose result callback is lost is claimed after a status query",
    kind: "sell",
    faults: [{ kind: "callback_lost" }],
    finalState: "claimed",
  },
  {
    name: "a sell with a forged success callback is failed back when M-Pesa refuses the payout",
    kind: "sell",
    faults: [{ kind: "callback_forged" }, { kind: "result_code", code: "2040" }],
    finalState: "cancelled",
  },
];

describe("callbacks are evidence only", () => {
  test.each(cases)("$name", async ({ kind, faults, finalState }) => {
    const recipient = await system.addCustomer("SOMEBODY ELSE");
    const msisdn = kind === "buy" ? phone : recipient;
    for (const fault of faults)
      await system.mpesa.fault({
        api: kind === "buy" ? "stk" : "b2c",
        kind: fault.kind,
        ...(fault.code === undefined ? {} : { parameters: { code: fault.code } }),
        msisdn,
      });
    const before = await spendableMsat(wallet);
    const opened = await openOrder(wallet, { kind, kesCents: 10_000n, msisdn });
    // With this fault the callback arrives before the response to the STK push.
    const isPromptShown = faults.every((fault) => fault.kind !== "callback_before_acknowledgement");
    if (kind === "buy" && isPromptShown) await system.mpesa.payPrompt(msisdn);
    const { order } = await untilFinal(wallet, opened.id, 150_000);
    expect(order.state).toBe(finalState);
    const hash = order.paymentHash ?? "";
    if (kind === "sell" || finalState === "paid")
      await wallet.wallet.settled(hash, kind === "buy" ? "inbound" : "outbound", 30_000);
    // Callbacks that arrive after this must change nothing.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const amount = BigInt(order.amountMsat);
    const moved = finalState === "paid" ? amount : finalState === "claimed" ? -amount : 0n;
    expect(await spendableMsat(wallet)).toBe(before + moved);
    const payouts = (await system.mpesa.payouts()).filter(
      (payout) => payout.recipient === recipient,
    );
    expect(payouts).toHaveLength(kind === "sell" ? 1 : 0);
    await expectBooksInOrder(system);
    await system.mpesa.clearFaults();
  });

  test("35: a forged success callback delivers no sats, whatever it contains", async () => {
    await system.mpesa.fault({ api: "stk", kind: "callback_forged", msisdn: phone });
    const before = await spendableMsat(wallet);
    const opened = await openOrder(wallet, { kind: "buy", kesCents: 10_000n, msisdn: phone });
    await system.mpesa.cancelPrompt(phone);
    // Long enough for both callbacks and several status queries.
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    // One callback reports success; the other and the status query report failure. The order keeps querying and
    // nothing is paid.
    const order = valueOf(await wallet.wallet.api.orders.get(opened.id));
    expect(order.state).toBe("stk_requested");
    expect(await spendableMsat(wallet)).toBe(before);
    await expectBooksInOrder(system);
    await system.mpesa.clearFaults();
  });

  test("a callback to a guessed URL is rejected", async () => {
    const recipient = await system.addCustomer("GUESSED AT");
    await system.mpesa.settings({ payoutDelayMs: 3_000 });
    const order = await openOrder(wallet, { kind: "sell", kesCents: 10_000n, msisdn: recipient });
    await untilState(wallet, order.id, ["held", "payout_requested"]);
    const body = {
      Result: {
        ResultType: 0,
        ResultCode: 0,
        ResultDesc: "The service request is processed successfully.",
        OriginatorConversationID: "x",
        ConversationID: "AG_x",
        TransactionID: "UKN0000000",
      },
    };
    for (const kind of ["payout", "status", "prompt", "nothing"]) {
      const guessed = `${system.system.urls.api}/callbacks/${"0".repeat(48)}/${kind}/${order.id}`;
      const answer = await fetch(guessed, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(404);
    }
    const now = await wallet.wallet.api.orders.get(order.id);
    expect(now.ok && now.value.state).toBe("payout_requested");
    const { order: ended } = await untilFinal(wallet, order.id);
    expect(ended.state).toBe("claimed");
    await expectBooksInOrder(system);
  });
});
