import type { LspPolicy } from "@satsconnect/lightning";
import { msat, ok, sat, valueOf } from "@satsconnect/money";
import { expect, test } from "vitest";
import { memoryPauses } from "../store/pauses.ts";
import { memoryWorld } from "../testing/memory-backend.ts";
import { pausablePolicy, withPauses } from "./pauses.ts";

const wallet = `02${"1f".repeat(32)}`;
const now = (): number => Date.UTC(2026, 0, 1);

function world() {
  const { backend, ...memory } = memoryWorld(now);
  const pauses = memoryPauses(now);
  // The wallet's invoice names a channel of ours as the last hop.
  const decodeInvoice: typeof backend.decodeInvoice = (text) => {
    const decoded = backend.decodeInvoice(text);
    return decoded.ok && decoded.value.payee === wallet
      ? ok({ ...decoded.value, hints: [[{ nodeId: backend.nodeId, scid: "1" }]] })
      : decoded;
  };
  const guarded = withPauses({ ...backend, decodeInvoice }, pauses);
  let keys = 0;
  const pay = (payee: string | undefined, idempotencyKey = `key:${String((keys += 1))}`) =>
    guarded.pay({
      idempotencyKey,
      invoice: memory.foreignInvoice({
        amountMsat: msat(5_000_000n),
        expirySeconds: 600,
        ...(payee === undefined ? {} : { payee }),
      }),
      maxFeeMsat: msat(1_000n),
    });
  return { ...memory, backend: guarded, pauses, pay };
}

test("paused payments refuse new payments only", async () => {
  const { pauses, pay, backend, foreignInvoice } = world();
  const invoice = foreignInvoice({ amountMsat: msat(5_000_000n), expirySeconds: 600 });
  const first = { idempotencyKey: "order:1", invoice, maxFeeMsat: msat(1_000n) };
  const paid = valueOf(await backend.pay(first));
  await pauses.set("payments", true, "an incident");
  expect(await pay(undefined)).toMatchObject({
    ok: false,
    error: { code: "payments_paused", retry: "safe" },
  });
  expect(valueOf(await backend.pay(first)).number).toBe(paid.number);
  await pauses.set("payments", false, "over");
  expect((await pay(undefined)).ok).toBe(true);
});

test("paused channel openings refuse what needs a channel, and pay what needs none", async () => {
  const { pauses, pay, backend, addChannel } = world();
  const opensPaused = { ok: false, error: { code: "channel_opens_paused", retry: "safe" } };
  await pauses.set("channel_opens", true, "an incident");
  expect(await pay(wallet)).toMatchObject(opensPaused);
  expect((await pay(undefined)).ok).toBe(true);
  expect(
    await backend.openChannel({
      idempotencyKey: "channel:1",
      peer: wallet,
      capacitySat: sat(200_000n),
      pushMsat: msat(0n),
      announced: false,
    }),
  ).toMatchObject(opensPaused);
  expect(await backend.estimateChannelOpen(wallet, msat(1_000n))).toMatchObject(opensPaused);
  addChannel({ peer: wallet, usable: false, outboundCapacityMsat: msat(6_000_000n) });
  expect((await pay(wallet)).ok).toBe(true);
});

test("a paused LSP offers, grants and opens nothing, and goes on when it is resumed", async () => {
  const pauses = memoryPauses(now);
  // An LSP that sells to everybody: what the requests say does not matter.
  const selling = {
    menu: () => [{}],
    grant: () => ({ grant: true }),
    size: () => ({ open: true, capacitySat: sat(200_000n) }),
  } as unknown as LspPolicy;
  const policy = pausablePolicy(selling, pauses);
  const answers = () => [
    policy.menu({} as never).length > 0,
    policy.grant({} as never).grant,
    policy.size({} as never).open,
  ];
  expect(answers()).toEqual([true, true, true]);
  await pauses.set("channel_opens", true, "an incident");
  expect(answers()).toEqual([false, false, false]);
  await pauses.set("channel_opens", false, "over");
  await pauses.set("forwards", true, "an incident");
  // A payment of ours to a wallet is no forward, so its channel may be opened.
  expect(answers()).toEqual([false, false, true]);
  await pauses.set("forwards", false, "over");
  expect(answers()).toEqual([true, true, true]);
});
