import { err, msat, ok } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { stepPayout } from "../../domain/payout.ts";
import { sampleBuy, sampleSell, sampleTime } from "../../domain/samples.ts";
import { noStops } from "../../domain/stops.ts";
import type { Stops } from "../../domain/stops.ts";
import type { Effect } from "../../domain/effects.ts";
import type { Order } from "../../domain/order.ts";
import { decide } from "../../domain/decide.ts";
import { perform } from "./perform.ts";
import type { OrderRails } from "./perform.ts";

const ids = { orderId: "o", quoteId: "q", walletId: "w", tag: "1" };
const buy = sampleBuy(ids);
const sell = sampleSell(ids);
const sent = (order: Order, part: Partial<Order["payout"]> = {}): Order => ({
  ...order,
  payout: { ...order.payout, status: "sending", sends: 1, ...part },
});

/** Performs an effect and returns its fact with the calls that were made. */
async function performed(order: Order, effect: Effect, stops: Partial<Stops>) {
  const calls: string[] = [];
  const called = <Value>(name: string, value: Value) => {
    calls.push(name);
    return Promise.resolve(ok(value));
  };
  const lightning = {
    pay: () => called("pay", {}),
    claim: () => called("claim", {}),
    status: () => called("status", null),
  } as unknown as OrderRails["lightning"];
  const rails: OrderRails = {
    lightning,
    stk: {
      push: () => called("push", { checkoutRequestId: "ws_CO_1" }),
      query: () => called("query", { status: "pending", code: "4999" } as const),
      readCallback: () => null,
    },
    payouts: {
      send: () => called("send", { conversationId: "AG_1" }),
      requestStatus: () => called("requestStatus", { conversationId: "AG_2" }),
      readResult: () => null,
      readStatusResult: () => null,
      recipientName: async () => err("mpesa_unavailable", "Not here.", "safe"),
    },
    reversals: {
      send: () => called("reverse", { conversationId: "AG_3" }),
      readResult: () => null,
    },
    prices: { current: async () => err("rates_unavailable", "Not here.", "safe") },
    settings: { stops: { ...noStops, ...stops } },
  };
  return { fact: await perform(rails, order, effect), calls };
}

const push: Effect = { type: "push_prompt" };
const send: Effect = { type: "send_payout" };

describe("a prompt that was not sent yet", () => {
  test.each<[string, Partial<Stops>, string]>([
    ["buys", { buys: true }, "buys_stopped"],
    ["the rail", { rails: new Set(["mpesa_stk"]) }, "rail_stopped"],
    ["the wallet", { wallets: new Set(["w"]) }, "wallet_stopped"],
    ["the phone", { phones: new Set([buy.msisdn]) }, "phone_stopped"],
  ])("is not sent after a stop of %s, and the buy is cancelled", async (_name, stops, code) => {
    const prompted = { ...buy, prompt: { ...buy.prompt, status: "sending", sends: 1 } } as Order;
    const { fact, calls } = await performed(prompted, push, stops);
    expect(calls).toEqual([]);
    expect(decide(prompted, fact, sampleTime)?.next).toMatchObject({
      state: "cancelled",
      reason: code,
    });
  });

  test("is sent after a stop of sells or of payouts", async () => {
    const stops: Partial<Stops> = { sells: true, rails: new Set(["mpesa_b2c"]) };
    expect((await performed(buy, push, stops)).calls).toEqual(["push"]);
  });
});

describe("a payout that M-Pesa cannot have received", () => {
  test.each<[string, Partial<Stops>]>([
    ["the wallet", { wallets: new Set(["w"]) }],
    ["the phone", { phones: new Set([sell.payout.msisdn]) }],
  ])("of a sell fails after a stop of %s, without a call", async (_name, stops) => {
    const { fact, calls } = await performed(sent(sell), send, stops);
    expect(calls).toEqual([]);
    expect(stepPayout(sent(sell).payout, fact, sampleTime)?.payout.status).toBe("failed");
    // The shillings of a refund are the customer's own.
    expect((await performed(sent(buy), send, stops)).calls).toEqual(["send"]);
  });

  test("waits while its rail is stopped", async () => {
    for (const order of [sent(buy), sent(sell)]) {
      const { fact, calls } = await performed(order, send, { rails: new Set(["mpesa_b2c"]) });
      expect(calls).toEqual([]);
      expect(stepPayout(order.payout, fact, sampleTime)?.payout.status).toBe("intended");
    }
  });

  test("is sent after a stop of buys, sells and re-sends: what is in flight ends", async () => {
    const stops: Partial<Stops> = { buys: true, sells: true, payoutResends: true };
    expect((await performed(sent(sell), send, stops)).calls).toEqual(["send"]);
  });
});

describe("a payout that M-Pesa may have received", () => {
  test.each<[string, Partial<Stops>, string]>([
    ["re-sends", { payoutResends: true }, "requestStatus"],
    ["the rail", { rails: new Set(["mpesa_b2c"]) }, "requestStatus"],
    ["the wallet", { wallets: new Set(["w"]) }, "send"],
    ["nothing", {}, "send"],
  ])("with a stop of %s makes the call %s", async (_name, stops, call) => {
    for (const known of [{ perhapsSent: true }, { arrived: true }]) {
      const order = sent(sell, known);
      const { fact, calls } = await performed(order, send, stops);
      expect(calls).toEqual([call]);
      // It stays unknown: a stop proves nothing.
      expect(stepPayout(order.payout, fact, sampleTime)?.payout.status).not.toBe("failed");
    }
  });

  test("is queried again and again while re-sends are stopped, and never sent", async () => {
    let order = sent(sell, { perhapsSent: true, dueAt: sampleTime });
    const calls: string[] = [];
    for (let minutes = 1; minutes < 600; minutes += 1) {
      const now = sampleTime + minutes * 60_000;
      const woken = stepPayout(order.payout, { type: "woken" }, now);
      if (woken === null) continue;
      order = { ...order, payout: woken.payout };
      for (const effect of woken.effects) {
        const done = await performed(order, effect, { payoutResends: true });
        calls.push(...done.calls);
        const answered = stepPayout(order.payout, done.fact, now);
        if (answered !== null) order = { ...order, payout: answered.payout };
      }
    }
    expect(new Set(calls)).toEqual(new Set(["requestStatus"]));
    expect(calls.length).toBeGreaterThan(10);
  });
});

test("Lightning payments go on under every stop", async () => {
  const stops: Stops = {
    buys: true,
    sells: true,
    rails: new Set(["mpesa_stk", "mpesa_b2c"]),
    wallets: new Set(["w"]),
    phones: new Set([buy.msisdn]),
    payoutResends: true,
  };
  const paid = { ...buy, lightning: { ...buy.lightning, amountMsat: msat(1_000n) } };
  expect(
    (await performed(paid, { type: "query_payment", paymentHash: "00" }, stops)).calls,
  ).toEqual(["status"]);
});
