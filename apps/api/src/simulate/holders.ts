import { fiat, msat } from "@satsconnect/money";
import { isFinal } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import type { SimulatedNode } from "./node.ts";
import type { SimulatedProcess } from "./process.ts";
import { hour, minute, second } from "./world.ts";
import type { World } from "./world.ts";

export const holderNodeId = `02${"ab".repeat(32)}`;

export type HolderWorld = {
  readonly world: World;
  readonly node: SimulatedNode;
  /** The process that the load balancer picks for the next request. */
  readonly process: () => SimulatedProcess;
};

/** A holder who makes one or two exchanges, in sequence or overlapping, and polls each until it ends. */
export async function simulateHolder(
  holderWorld: HolderWorld,
  walletId: string,
  msisdn: string,
  holder: number,
) {
  const { random, scheduler } = holderWorld.world;
  const exchanges = random.between(1, 2);
  for (let index = 1; index <= exchanges; index += 1) {
    const orderId = `o${holder}${index}`;
    const holderIds = { walletId, nodeId: holderNodeId, deviceId: null };
    void (random.chance(0.5)
      ? buy(holderWorld, { ...holderIds, orderId, msisdn })
      : sell(holderWorld, { ...holderIds, orderId, msisdn }));
    await scheduler.sleep(random.between(second, 30 * minute));
  }
}

type Attempt = {
  readonly walletId: string;
  readonly nodeId: string;
  readonly deviceId: null;
  readonly orderId: string;
  readonly msisdn: string;
};

/** Calls the api. If it is down or crashes during the call, retries with the same id, as the holder's app does. */
export async function callWithRetries<Value>(
  { world, process }: HolderWorld,
  maxAttempts: number,
  call: (orders: Orders) => Promise<Value>,
): Promise<Value | null> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const orders = process().orders();
    if (orders !== null) {
      const answer = await Promise.race([call(orders), world.scheduler.sleep(40 * second)]);
      if (answer !== undefined) return answer;
    }
    await world.scheduler.sleep(world.random.between(second, 10 * second));
  }
  return null;
}

async function quoteFor(
  holderWorld: HolderWorld,
  attempt: Attempt,
  kind: "buy" | "sell",
): Promise<Quote | null> {
  const { random } = holderWorld.world;
  const inShillings = random.chance(0.7);
  const quote = await callWithRetries(holderWorld, 5, (orders) =>
    orders.createQuote({
      ...attempt,
      kind,
      amountKesCents: inShillings ? fiat("KES", BigInt(random.between(10, 3_000)) * 100n) : null,
      amountMsat: inShillings ? null : msat(BigInt(random.between(200_000, 30_000_000))),
      msisdn: kind === "sell" ? attempt.msisdn : null,
    }),
  );
  return quote?.ok ? quote.value : null;
}

async function buy(holderWorld: HolderWorld, attempt: Attempt): Promise<void> {
  const { world, node } = holderWorld;
  const { random, scheduler, faults } = world;
  const quote = await quoteFor(holderWorld, attempt, "buy");
  if (quote === null) return;
  const invoice = node.walletInvoice(quote.terms.amountMsat, random.pick([4 * minute, hour]));
  const opened = await callWithRetries(holderWorld, 8, (orders) =>
    orders.openBuy({ ...attempt, quoteId: quote.id, invoice }),
  );
  world.trace(
    `${attempt.orderId}: buy ${opened === null ? "given up" : opened.ok ? "opened" : opened.error.code}`,
  );
  for (let poll = 0; poll < 60; poll += 1) {
    await scheduler.sleep(random.between(10 * second, 20 * minute));
    const order = await callWithRetries(holderWorld, 3, (orders) =>
      orders.find(attempt.walletId, attempt.orderId),
    );
    if (order === null || isFinal(order.state)) return;
    if (order.state !== "invoice_needed" || random.chance(faults.holderMisbehaves)) continue;
    if (random.chance(0.2)) {
      await callWithRetries(holderWorld, 3, (orders) => orders.cancel(attempt));
      continue;
    }
    const priced = await callWithRetries(holderWorld, 3, (orders) => orders.requestPrice(attempt));
    if (priced?.ok !== true || priced.value.kind !== "buy") continue;
    const offered = priced.value.offer?.terms.amountMsat ?? order.terms.amountMsat;
    const fresh = node.walletInvoice(random.chance(0.8) ? offered : order.terms.amountMsat, hour);
    await callWithRetries(holderWorld, 3, (orders) =>
      orders.attachInvoice({ ...attempt, invoice: fresh }),
    );
  }
}

async function sell(holderWorld: HolderWorld, attempt: Attempt): Promise<void> {
  const { world, node } = holderWorld;
  const { random, scheduler, faults } = world;
  const quote = await quoteFor(holderWorld, attempt, "sell");
  if (quote === null) return;
  const opened = await callWithRetries(holderWorld, 8, (orders) =>
    orders.openSell({ ...attempt, quoteId: quote.id }),
  );
  world.trace(
    `${attempt.orderId}: sell ${opened === null ? "given up" : opened.ok ? "opened" : opened.error.code}`,
  );
  let paid = false;
  for (let poll = 0; poll < 60; poll += 1) {
    const soon = poll < 20;
    await scheduler.sleep(
      soon ? random.between(second, 15 * second) : random.between(minute, 12 * hour),
    );
    const order = await callWithRetries(holderWorld, 3, (orders) =>
      orders.find(attempt.walletId, attempt.orderId),
    );
    if (order === null || isFinal(order.state)) return;
    if (order.kind === "sell" && order.state === "invoice_open" && order.held !== null && !paid) {
      if (random.chance(faults.holderMisbehaves)) {
        if (random.chance(0.2))
          await callWithRetries(holderWorld, 3, (orders) => orders.cancel(attempt));
        if (random.chance(0.3)) continue;
      }
      const amount = order.terms.amountMsat;
      const isWrongAmount = random.chance(faults.holderMisbehaves);
      const sent = isWrongAmount
        ? random.pick([amount - 1_000n, amount + 5_000n, amount + 20_000_000n])
        : amount;
      if (sent > 0n) paid = node.payHoldInvoice(order.held.paymentHash, msat(sent));
    }
    if (order.state === "owed" && order.payout.status === "failed" && order.kind === "sell") {
      const owed = order.held?.receivedMsat ?? order.terms.amountMsat;
      const fresh = node.walletInvoice(owed, hour);
      await callWithRetries(holderWorld, 3, (orders) =>
        orders.attachInvoice({ ...attempt, invoice: fresh }),
      );
    }
  }
}
