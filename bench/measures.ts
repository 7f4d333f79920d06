import path from "node:path";
import { createDatabase, migrate } from "@satsconnect/postgres";
import { satToMsat, sat, valueOf } from "@satsconnect/money";
import type { Wallet } from "@satsconnect/wallet";
import { benchLedgerPostings } from "../apps/api/src/adapters/postgres/ledger-bench.ts";
import { root } from "../scripts/support/paths.ts";
import { percentile } from "./statistics.ts";
import { buy, sell } from "./world.ts";
import type { World } from "./world.ts";

export type Measure = { readonly name: string; readonly value: number; readonly unit: string };

/**
 * Pays one invoice over two hops (wallet → engine → merchant). @returns milliseconds until the success is durable at
 * the wallet.
 */
async function forward(wallet: Wallet, invoice: string): Promise<number> {
  const preview = valueOf(wallet.previewSend(invoice));
  const startedAt = performance.now();
  const payment = valueOf(await wallet.sendAndWait(invoice, preview, 60_000));
  if (payment.state !== "succeeded")
    throw new Error(`A payment ended in state ${payment.failure ?? payment.state}`);
  return performance.now() - startedAt;
}

async function invoices(world: World, count: number): Promise<readonly string[]> {
  const made: string[] = [];
  for (let index = 0; index < count; index += 1)
    made.push((await world.merchant.invoice(1_000n, "bench")).invoice);
  return made;
}

/** Forwarded payments with wallet, engine and merchant in three processes, every commit durable. */
export async function forwards(world: World): Promise<readonly Measure[]> {
  const { wallet, close } = await world.wallet("forwards");
  // About 2,000,000 sats at any likely price, over several channels: enough for all payments below.
  for (let index = 0; index < 2; index += 1) await buy(world, wallet, 10_000_000n);
  for (const invoice of await invoices(world, 20)) await forward(wallet, invoice);

  const singleMs: number[] = [];
  for (const invoice of await invoices(world, 150)) singleMs.push(await forward(wallet, invoice));

  const paymentCount = 600;
  const unpaid = [...(await invoices(world, paymentCount))];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      for (let invoice = unpaid.pop(); invoice !== undefined; invoice = unpaid.pop())
        await forward(wallet, invoice);
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  await close();
  return [
    { name: "forwards_per_s_50", value: paymentCount / seconds, unit: "1/s" },
    { name: "forward_p50_ms", value: percentile(singleMs, 0.5), unit: "ms" },
    { name: "forward_p99_ms", value: percentile(singleMs, 0.99), unit: "ms" },
  ];
}

/** Median time from the merchant's payment until a wallet that had no channel has claimed the sats. */
export async function jitOpens(world: World): Promise<readonly Measure[]> {
  const durationsMs: number[] = [];
  for (let index = 0; index < 9; index += 1) {
    const { wallet, close } = await world.wallet(`jit-${String(index)}`);
    const made = valueOf(
      await wallet.receive({
        amountMsat: satToMsat(sat(20_000n)),
        description: "bench",
        expirySeconds: 600,
        idempotencyKey: `jit-${String(index)}`,
      }),
    );
    const startedAt = performance.now();
    await world.merchant.pay(made.invoice);
    const payment = await wallet.settled(made.paymentHash, "inbound", 30_000);
    if (payment?.state !== "claimed")
      throw new Error(`The first payment is in state ${String(payment?.state)}`);
    durationsMs.push(performance.now() - startedAt);
    await close();
  }
  return [{ name: "jit_open_ms", value: percentile(durationsMs, 0.5), unit: "ms" }];
}

/** Time from M-Pesa's callback to the sats claimed by the wallet, and from the held HTLC to the payout request. */
export async function orders(world: World): Promise<readonly Measure[]> {
  const { wallet, close } = await world.wallet("orders");
  await buy(world, wallet, 2_000_000n);
  const callbackToSatsMs: number[] = [];
  const heldToPayoutMs: number[] = [];
  const recipient = "254711000001";
  await world.mpesa.addCustomer(recipient, "PAID OUT NYAMBURA", 0n);
  for (let index = 0; index < 40; index += 1) {
    const bought = await buy(world, wallet, 10_000n);
    const payment = await wallet.node.payment(bought.paymentHash ?? "", "inbound");
    const callback = (await world.mpesa.deliveries()).find((one) => one.kind === "stk_callback");
    const [from, to] = [callback?.sentAt ?? null, payment?.finishedAt ?? null];
    if (from === null || to === null) throw new Error("A buy has no recorded times");
    callbackToSatsMs.push(to - from);
  }
  for (let index = 0; index < 40; index += 1) {
    const { heldAt } = await sell(wallet, recipient, 10_000n);
    const payout = (await world.mpesa.payouts()).find((one) => one.recipient === recipient);
    if (payout === undefined) throw new Error("A sell has no payout");
    heldToPayoutMs.push(payout.createdAt - heldAt);
  }
  await close();
  return [
    { name: "callback_to_sats_p95_ms", value: percentile(callbackToSatsMs, 0.95), unit: "ms" },
    { name: "held_to_payout_p95_ms", value: percentile(heldToPayoutMs, 0.95), unit: "ms" },
  ];
}

/** Balanced journals per second, durable, all of them on the busiest account. */
export async function ledgerPostings(world: World): Promise<readonly Measure[]> {
  // A separate database: these entries have no counterpart in M-Pesa or Lightning, so reconciliation would fail.
  const url = await world.system.postgres.database("bench_ledger");
  const database = createDatabase(url, { size: 8, name: "bench" });
  try {
    await migrate(database, path.join(root, "apps", "api", "migrations"));
    await benchLedgerPostings(database, { seconds: 2, writers: 4, batch: 100 });
    const value = await benchLedgerPostings(database, { seconds: 8, writers: 4, batch: 100 });
    return [{ name: "ledger_postings_per_s", value, unit: "1/s" }];
  } finally {
    await database.end();
  }
}
