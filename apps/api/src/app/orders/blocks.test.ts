import { err, msat, ok } from "@satsconnect/money";
import { beforeEach, describe, expect, test } from "vitest";
import type { LightningReport } from "../../domain/facts.ts";
import { defaultOperatorSettings } from "../../domain/operator-settings.ts";
import type { SellOrder } from "../../domain/order.ts";
import { change, opening, sampleQuote, sampleSell, sampleTime } from "../../domain/samples.ts";
import { createMemoryOrderStore } from "../../testing/memory-order-store.ts";
import type { MemoryOrderStore } from "../../testing/memory-order-store.ts";
import { perform } from "./perform.ts";
import type { OrderRails } from "./perform.ts";
import type { Lightning, PayoutRail } from "./ports.ts";

const ids = { orderId: "order", quoteId: "quote", walletId: "wallet", tag: "1" };
const held = {
  invoice: "lnbcrt1held",
  paymentHash: "held",
  invoiceExpiresAt: sampleTime,
  receivedMsat: msat(2_790_001n),
  claimDeadlineHeight: 1_000,
  tipHeight: 860,
  seenAt: sampleTime,
};

describe("29: a payout while the chain cannot be relied upon", () => {
  let tip: Awaited<ReturnType<Lightning["tip"]>>;
  let sent: number;
  const rails = {
    lightning: { tip: async () => tip } as unknown as Lightning,
    payouts: {
      send: async () => {
        sent += 1;
        return ok({ conversationId: "AG_1" });
      },
    } as unknown as PayoutRail,
    settings: defaultOperatorSettings,
  } as unknown as OrderRails;
  const order: SellOrder = { ...sampleSell(ids), state: "payout_requested", held };
  beforeEach(() => {
    sent = 0;
  });

  test("29: is not sent, and nothing has happened", async () => {
    tip = ok({ height: 900, reliable: false });
    expect(await perform(rails, order, { type: "send_payout" })).toEqual({
      type: "payout_answered",
      answer: { ok: false, code: "chain_unreliable", retry: "safe" },
    });
    tip = err("grpc_unavailable", "away", "unknown");
    expect(await perform(rails, order, { type: "send_payout" })).toMatchObject({
      answer: { ok: false, retry: "safe" },
    });
    expect(sent).toBe(0);
  });

  test("is sent when it can, and for sats that are claimed already", async () => {
    tip = ok({ height: 900, reliable: true });
    await perform(rails, order, { type: "send_payout" });
    tip = ok({ height: 900, reliable: false });
    await perform(rails, { ...order, state: "owed" }, { type: "send_payout" });
    expect(sent).toBe(2);
  });
});

describe("1: a repeated payment call that the node refuses", () => {
  const report: LightningReport = {
    paymentHash: "paid",
    direction: "outbound",
    state: "in_flight",
    receivedMsat: msat(0n),
    feeMsat: msat(0n),
    failure: null,
    claimDeadlineHeight: 0,
    tipHeight: 900,
  };
  const attempt = {
    number: 1,
    invoice: "lnbcrt1",
    paymentHash: "paid",
    amountMsat: msat(1_000_000n),
    invoiceExpiresAt: sampleTime,
    earlierHashes: [],
    polls: 1,
    dueAt: sampleTime,
  };
  const refusing = (code: string) =>
    ({
      lightning: {
        pay: async () => err(code, "refused", "never"),
        status: async () => ok(report),
      } as unknown as Lightning,
      settings: defaultOperatorSettings,
    }) as unknown as OrderRails;
  const order: SellOrder = { ...sampleSell(ids), state: "refunding", held, lightning: attempt };
  const again = { ...order, lightning: { ...attempt, polls: 2 } };

  test("is followed by a question about the payment", async () => {
    const fact = await perform(refusing("grpc_unimplemented"), again, { type: "pay_invoice" });
    expect(fact).toEqual({ type: "lightning_reported", answer: { ok: true, value: report } });
    const first = await perform(refusing("grpc_unimplemented"), order, { type: "pay_invoice" });
    expect(first).toMatchObject({ answer: { ok: false, retry: "never" } });
  });

  test("because its key was used is followed by it even at the first time", async () => {
    const fact = await perform(refusing("idempotency_conflict"), order, { type: "pay_invoice" });
    expect(fact).toMatchObject({ answer: { ok: true } });
  });
});

describe("15: a new block", () => {
  let store: MemoryOrderStore;

  test("costs nothing for an order that does not wait for it", async () => {
    store = createMemoryOrderStore();
    store.post(
      "opening",
      [
        { account: "mpesa_available", currency: "KES", amount: 1_000_000n },
        { account: "capital_kes", currency: "KES", amount: -1_000_000n },
      ],
      sampleTime,
    );
    await store.addQuote(sampleQuote("sell", ids));
    const order = sampleSell(ids);
    expect((await store.open(order, opening(order))).ok).toBe(true);
    const waiting = change(order, { state: "payout_unknown", held });
    await store.commit(order, waiting, sampleTime + 1);
    expect(await store.dueAtHeight(987, sampleTime + 2, 10, 1_000)).toEqual([]);
    expect(await store.dueAtHeight(988, sampleTime + 2, 10, 1_000)).toEqual([order.id]);
  });
});
