import type { Balances, Channel, OutboundPayment, Payment } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { expect, test } from "vitest";
import type { SendPreview } from "../payments/send.ts";
import { memoryNotes } from "../storage/key-value-store.ts";
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
  const notes = memoryNotes();
  const state = {
    now: start,
    sendableMsat: 5_000_000n,
    usable: true,
    /** The node's book. */
    payment: undefined as Payment | undefined,
    sent: 0,
    answer: "ok" as "ok" | "never comes" | "refused",
  };
  const agreed = preview(start + hour);
  const channels = async () => [{ usable: state.usable, closing: false }] as Channel[];
  const settled = (how: "succeeded" | "failed"): Payment =>
    ({ paymentHash: hash, direction: "outbound", state: how, createdAt: state.now }) as Payment;
  const open = () =>
    SendQueue.open({
      wallet: {
        previewSend: () => ok(agreed),
        balances: async () => ({ sendableMsat: msat(state.sendableMsat) }) as Balances,
        node: { channels },
        sendAndWait: (): Promise<Result<OutboundPayment>> => {
          state.sent += 1;
          if (state.answer === "refused")
            return Promise.resolve(err("fee_limit", "Too dear.", "never"));
          state.payment = settled("succeeded");
          return state.answer === "ok"
            ? Promise.resolve(ok(state.payment as OutboundPayment))
            : new Promise<never>(() => {});
        },
      },
      notes,
      latest: () => state.payment,
      now: () => state.now,
      onChange: () => {},
    });
  const kept = async () => (await notes.list("")).length;
  return { state, agreed, open, kept, settled };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test("a payment waits for the network over a restart, goes out once, and is the node's from then on", async () => {
  const { state, agreed, open, kept } = world();
  const first = await open();
  expect(await first.add("lnbcrt…", agreed)).toMatchObject({ ok: true });
  await first.goOn(false);
  const queue = await open();
  expect(queue.items()).toMatchObject([
    { id: `out/${hash}`, state: "moving", orderState: "queued", deadlineAt: start + hour },
  ]);
  expect(state.sent).toBe(0);
  await Promise.all([queue.goOn(true), queue.goOn(true)]);
  await settle();
  await queue.goOn(true);
  expect(state.sent).toBe(1);
  expect(queue.items()).toEqual([]);
  expect(await kept()).toBe(0);
});

test("killed after the node took it, it is not sent again, though it failed there", async () => {
  const { state, agreed, open, kept, settled } = world();
  state.answer = "never comes";
  const first = await open();
  await first.add("lnbcrt…", agreed);
  await first.goOn(true);
  expect(await kept()).toBe(1);
  state.payment = settled("failed");
  const queue = await open();
  expect(queue.items()).toEqual([]);
  await queue.goOn(true);
  expect(state.sent).toBe(1);
  expect(await kept()).toBe(0);
});

test("an earlier attempt that failed does not stand in the way of the one that was agreed to since", async () => {
  const { state, agreed, open, settled } = world();
  state.payment = settled("failed");
  state.now += 1_000;
  const queue = await open();
  await queue.add("lnbcrt…", agreed);
  expect(queue.items()).toHaveLength(1);
  await queue.goOn(true);
  expect(state.sent).toBe(1);
});

test("what is paid or on its way cannot wait to be paid again", async () => {
  const { state, agreed, open, settled } = world();
  state.payment = settled("succeeded");
  expect(await (await open()).add("lnbcrt…", agreed)).toMatchObject({
    error: { code: "already_paid" },
  });
});

test("it ends with its invoice, and after a day at the latest, with nothing sent", async () => {
  const { state, agreed, open } = world();
  const queue = await open();
  await queue.add("lnbcrt…", agreed);
  state.now += hour;
  await queue.goOn(true);
  expect(state.sent).toBe(0);
  expect(queue.items()).toMatchObject([{ state: "ended", orderState: null, deadlineAt: null }]);
  expect(queue.view(hash)).toMatchObject({ state: "ended", failure: "invoiceExpired" });
  const patient = await world().open();
  expect(await patient.add("lnbcrt…", preview(start + 900 * hour))).toMatchObject({
    value: { expiresAt: start + 24 * hour },
  });
});

test("taken back, it is not sent, not even by a look that has begun", async () => {
  const { state, agreed, open, kept } = world();
  const queue = await open();
  await queue.add("lnbcrt…", agreed);
  const looking = queue.goOn(true);
  expect(await queue.takeBack(hash)).toMatchObject({ ok: true });
  await looking;
  expect(state.sent).toBe(0);
  expect(await kept()).toBe(0);
  expect(await queue.takeBack(hash)).toMatchObject({ ok: true });
});

test("once it has gone out it cannot be taken back", async () => {
  const { state, agreed, open } = world();
  state.answer = "never comes";
  const queue = await open();
  await queue.add("lnbcrt…", agreed);
  await queue.goOn(true);
  expect(await queue.takeBack(hash)).toMatchObject({ error: { code: "already_paid" } });
});

test("it waits while a channel does not answer yet, and ends where the money is gone or the node refuses", async () => {
  const { state, agreed, open } = world();
  const queue = await open();
  await queue.add("lnbcrt…", agreed);
  state.usable = false;
  state.sendableMsat = 0n;
  await queue.goOn(true);
  expect(queue.items()).toMatchObject([{ state: "moving" }]);
  state.usable = true;
  await queue.goOn(true);
  expect(queue.view(hash)).toMatchObject({ failure: "insufficientFunds" });
  state.sendableMsat = 5_000_000n;
  state.answer = "refused";
  await queue.add("lnbcrt…", agreed);
  state.payment = undefined;
  await queue.goOn(true);
  await settle();
  expect(state.sent).toBe(1);
});
