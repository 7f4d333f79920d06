import type { Balances, Channel, OutboundPayment, Payment } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { expect, test } from "vitest";
import type { SendPreview } from "../payments/send.ts";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { SendQueue } from "./send-queue.ts";

const hour = 3_600_000;
const hash = "ab".repeat(32);
const start = Date.parse("2026-11-23T09:00:00.000Z");

function preview(expiresAt: number): SendPreview {
  return {
    details: {
      paymentHash: hash,
      amountMsat: msat(700_000n),
      description: "Mangoes, three",
      payee: `02${"cd".repeat(32)}`,
      expiresAt,
    } as SendPreview["details"],
    amountMsat: msat(700_000n),
    maxFeeMsat: msat(10_000n),
  };
}

function world() {
  const store = memoryKeyValueStore();
  const state = {
    now: start,
    sendableMsat: 5_000_000n,
    usable: true,
    /** The node's payment record. */
    payment: undefined as Payment | undefined,
    sent: 0,
    answer: "ok" as "ok" | "never answers" | "refused",
  };
  const confirmed = preview(start + hour);
  const channels = async () => [{ usable: state.usable, closing: false }] as Channel[];
  const settled = (outcome: "succeeded" | "failed"): Payment =>
    ({ paymentHash: hash, direction: "outbound", state: outcome, createdAt: state.now }) as Payment;
  const open = () =>
    SendQueue.open({
      wallet: {
        previewSend: () => ok(confirmed),
        balances: async () => ({ sendableMsat: msat(state.sendableMsat) }) as Balances,
        node: { channels },
        sendAndWait: (): Promise<Result<OutboundPayment>> => {
          state.sent += 1;
          if (state.answer === "refused")
            return Promise.resolve(err("fee_limit", "The fee limit was reached.", "never"));
          state.payment = settled("succeeded");
          return state.answer === "ok"
            ? Promise.resolve(ok(state.payment as OutboundPayment))
            : new Promise<never>(() => {});
        },
      },
      store,
      latest: () => state.payment,
      now: () => state.now,
      onChange: () => {},
    });
  const storedCount = async () => (await store.list("")).length;
  return { state, confirmed, open, storedCount, settled };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test("keeps a queued payment across restarts, sends it once, and then deletes it", async () => {
  const { state, confirmed, open, storedCount } = world();
  const first = await open();
  expect(await first.add("lnbcrt…", confirmed)).toMatchObject({ ok: true });
  await first.process(false);
  const queue = await open();
  expect(queue.items()).toMatchObject([
    { id: `out/${hash}`, state: "moving", orderState: "queued", deadlineAt: start + hour },
  ]);
  expect(state.sent).toBe(0);
  await Promise.all([queue.process(true), queue.process(true)]);
  await settle();
  await queue.process(true);
  expect(state.sent).toBe(1);
  expect(queue.items()).toEqual([]);
  expect(await storedCount()).toBe(0);
});

test("does not resend a payment after a crash if the node has it, even as failed", async () => {
  const { state, confirmed, open, storedCount, settled } = world();
  state.answer = "never answers";
  const first = await open();
  await first.add("lnbcrt…", confirmed);
  await first.process(true);
  expect(await storedCount()).toBe(1);
  state.payment = settled("failed");
  const queue = await open();
  expect(queue.items()).toEqual([]);
  await queue.process(true);
  expect(state.sent).toBe(1);
  expect(await storedCount()).toBe(0);
});

test("sends a payment although an earlier attempt at the invoice failed", async () => {
  const { state, confirmed, open, settled } = world();
  state.payment = settled("failed");
  state.now += 1_000;
  const queue = await open();
  await queue.add("lnbcrt…", confirmed);
  expect(queue.items()).toHaveLength(1);
  await queue.process(true);
  expect(state.sent).toBe(1);
});

test("refuses to queue an invoice that is paid or being paid", async () => {
  const { state, confirmed, open, settled } = world();
  state.payment = settled("succeeded");
  expect(await (await open()).add("lnbcrt…", confirmed)).toMatchObject({
    error: { code: "already_paid" },
  });
});

test("ends unsent when the invoice expires, and after a day at the latest", async () => {
  const { state, confirmed, open } = world();
  const queue = await open();
  await queue.add("lnbcrt…", confirmed);
  state.now += hour;
  await queue.process(true);
  expect(state.sent).toBe(0);
  expect(queue.items()).toMatchObject([{ state: "ended", orderState: null, deadlineAt: null }]);
  expect(queue.view(hash)).toMatchObject({ state: "ended", failure: "invoiceExpired" });
  const patient = await world().open();
  expect(await patient.add("lnbcrt…", preview(start + 900 * hour))).toMatchObject({
    value: { expiresAt: start + 24 * hour },
  });
});

test("does not send a cancelled payment, even if processing has started", async () => {
  const { state, confirmed, open, storedCount } = world();
  const queue = await open();
  await queue.add("lnbcrt…", confirmed);
  const processing = queue.process(true);
  expect(await queue.cancel(hash)).toMatchObject({ ok: true });
  await processing;
  expect(state.sent).toBe(0);
  expect(await storedCount()).toBe(0);
  expect(await queue.cancel(hash)).toMatchObject({ ok: true });
});

test("refuses to cancel a payment that was sent", async () => {
  const { state, confirmed, open } = world();
  state.answer = "never answers";
  const queue = await open();
  await queue.add("lnbcrt…", confirmed);
  await queue.process(true);
  expect(await queue.cancel(hash)).toMatchObject({ error: { code: "already_paid" } });
});

test("waits while a channel is not usable, and ends if the balance is too low or the node refuses", async () => {
  const { state, confirmed, open } = world();
  const queue = await open();
  await queue.add("lnbcrt…", confirmed);
  state.usable = false;
  state.sendableMsat = 0n;
  await queue.process(true);
  expect(queue.items()).toMatchObject([{ state: "moving" }]);
  state.usable = true;
  await queue.process(true);
  expect(queue.view(hash)).toMatchObject({ failure: "insufficientFunds" });
  state.sendableMsat = 5_000_000n;
  state.answer = "refused";
  await queue.add("lnbcrt…", confirmed);
  state.payment = undefined;
  await queue.process(true);
  await settle();
  expect(state.sent).toBe(1);
});
