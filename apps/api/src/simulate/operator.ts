import { fiat } from "@satsconnect/money";
import type { OperatorAct } from "../domain/acts/act.ts";
import { isSettled, reversiblePayment } from "../domain/case-file.ts";
import { isFinal } from "../domain/order.ts";
import type { BuyOrder, Order, SellOrder } from "../domain/order.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import type { SimulatedMpesa, StatementLine } from "./mpesa.ts";
import type { SimulatedNode } from "./node.ts";
import { hour, minute, second } from "./world.ts";
import type { World } from "./world.ts";

type OperatorWorld = {
  readonly world: World;
  readonly store: MemoryOrderStore;
  readonly mpesa: SimulatedMpesa;
  readonly node: SimulatedNode;
  /** The running process; null while it is down. */
  readonly orders: () => Orders | null;
};

/** A statement shows what is older than this. Until then the api finds out by itself. */
const statementDelayMs = hour;
/** Whatever M-Pesa was asked to do is done by then, even after its longest outage. */
const nothingWaitsMs = 45 * hour;

/**
 * An operator who looks at every order a few times a day, with M-Pesa's statement beside it, and ends its cases by acts.
 * Errs: acts on the wrong order or in the wrong state, sends an act twice, and works beside a second operator.
 */
export function startOperator(operatorWorld: OperatorWorld, name: string): void {
  const { world } = operatorWorld;
  const shift = async (): Promise<void> => {
    for (;;) {
      await world.scheduler.sleep(world.random.between(2 * hour, 9 * hour));
      await workThrough(operatorWorld, name);
    }
  };
  void shift();
}

async function workThrough(operatorWorld: OperatorWorld, name: string): Promise<void> {
  const { world, store } = operatorWorld;
  for (const { id } of store.orders()) {
    if (world.random.chance(world.faults.operatorErrs)) await err(operatorWorld, id, name);
    const order = await store.find(id);
    const act = order === null ? null : nextAct(operatorWorld, order);
    if (act !== null) await send(operatorWorld, id, act, name);
  }
}

/** Any act, right or wrong. Acts that state a fact are left out: nobody but M-Pesa could tell that it is a lie. */
async function err(operatorWorld: OperatorWorld, orderId: string, name: string): Promise<void> {
  const { world, node, store } = operatorWorld;
  const { random } = world;
  const order = await store.find(orderId);
  if (order === null) return;
  const amountMsat = order.terms.amountMsat;
  const wrong: OperatorAct = random.pick([
    { type: "deliver", invoice: null },
    { type: "deliver", invoice: node.walletInvoice(amountMsat, hour) },
    {
      type: "refund",
      amountKesCents: order.terms.amountKesCents,
      way: random.pick(["reversal", "payout"]),
    },
    {
      type: "refund",
      amountKesCents: fiat("KES", BigInt(random.between(10, 100)) * 100n),
      way: "payout",
    },
    { type: "pay_out" },
    { type: "repay_owed", invoice: node.walletInvoice(amountMsat, hour) },
    { type: "write_off", reason: "by mistake" },
    { type: "close", reason: "by mistake" },
  ] as const);
  await send(operatorWorld, orderId, wrong, name);
}

async function send(
  { world, orders }: OperatorWorld,
  orderId: string,
  act: OperatorAct,
  name: string,
): Promise<void> {
  const { random, scheduler } = world;
  const request = { orderId, actId: random.hex(32), act, by: name, seenVersion: null };
  const once = async (): Promise<void> => {
    const running = orders();
    if (running === null) return;
    const answer = await Promise.race([running.act(request), scheduler.sleep(40 * second)]);
    const outcome = answer === undefined ? "no answer" : answer.ok ? "done" : answer.error.message;
    world.trace(`${name}: ${act.type} on ${orderId}: ${outcome}`);
  };
  const attempts = random.chance(world.faults.operatorErrs) ? 3 : 1;
  const running = Array.from({ length: attempts }, async (_, index) => {
    if (index > 0) await scheduler.sleep(random.between(0, random.pick([20, minute])));
    await once();
  });
  await Promise.all(running);
}

/** The next act of a careful operator on an order; null for none. */
function nextAct(operatorWorld: OperatorWorld, order: Order): OperatorAct | null {
  const { world, mpesa, store } = operatorWorld;
  const now = world.scheduler.now();
  const lines = mpesa
    .statement()
    .filter((line) => line.orderId === order.id && line.at <= now - statementDelayMs);
  const { refund, latePayouts, excessMsat, suspenseKesCents } = order.caseFile;
  if (refund?.status === "open") return lookUpRefund(order, lines, now);
  if (order.caseFile.delivery !== null) return null;
  if (excessMsat > 0n && (isFinal(order.state) || order.state === "case")) {
    const kept =
      order.kind === "buy" &&
      (suspenseKesCents >= order.terms.amountKesCents ||
        (order.state === "case" && order.credit === "undelivered"));
    return kept
      ? { type: "made_after_all", receipt: null }
      : { type: "write_off", reason: "the holder does not give the sats back" };
  }
  const late = latePayouts.find(({ booked }) => !booked);
  if (late !== undefined) {
    const line = lines.find(({ of }) => of === late.id);
    return line === undefined ? null : { type: "made_after_all", receipt: line.receipt };
  }
  const act =
    order.kind === "buy"
      ? nextForBuy(operatorWorld, order, lines, now)
      : nextForSell(operatorWorld, order, lines);
  if (act !== null) return act;
  const hasCase = store.openCases().some(({ orderId }) => orderId === order.id);
  const mayClose = isFinal(order.state) || order.state === "paying" || order.state === "owed";
  return hasCase && mayClose && isSettled(order)
    ? { type: "close", reason: "nothing is left to do" }
    : null;
}

function lookUpRefund(
  { caseFile }: Order,
  lines: readonly StatementLine[],
  now: number,
): OperatorAct | null {
  const { refund } = caseFile;
  if (refund === null) return null;
  const { reversal, payout } = refund;
  const reversing = reversal !== null && reversal.status !== "failed";
  const id = reversing ? reversal.receipt : payout.originatorConversationId;
  const line = lines.find(({ of }) => of === id);
  if (line !== undefined) return { type: "payout_made", receipt: line.receipt };
  const quiet = reversing && reversal.status === "stuck" && now > reversal.dueAt + nothingWaitsMs;
  return quiet ? { type: "payout_not_made" } : null;
}

function nextForBuy(
  { world, node }: OperatorWorld,
  order: BuyOrder,
  lines: readonly StatementLine[],
  now: number,
): OperatorAct | null {
  if (!isFinal(order.state) && order.state !== "case" && order.state !== "invoice_needed") {
    return null;
  }
  const { payments, suspenseKesCents, reversedKesCents } = order.caseFile;
  for (const line of lines) {
    if (line.kind !== "paid_in") continue;
    const booked = payments.find(({ receipt }) => receipt === line.receipt);
    if (booked !== undefined && booked.amountKesCents === line.amount) continue;
    return {
      type: "credit_receipt",
      receipt: line.receipt,
      amountKesCents: line.amount,
      msisdn: line.msisdn,
      completedAt: line.at,
      replaces:
        payments.find(({ receipt }) => lines.every((known) => known.receipt !== receipt))
          ?.receipt ?? null,
    };
  }
  for (const line of lines) {
    const payment = payments.find(({ receipt }) => receipt === line.of);
    if (line.kind !== "reversed_for_payer") continue;
    if (payment === undefined || payment.reversal === "made") continue;
    return {
      type: "payment_reversed",
      receipt: line.of,
      reversalReceipt: line.receipt,
      amountKesCents: line.amount,
    };
  }
  if (reversedKesCents > 0n) return { type: "write_off", reason: "the payer does not answer" };
  const { random } = world;
  const { amountKesCents, amountMsat } = order.terms;
  const inCase = order.state === "case";
  if (!inCase && !isFinal(order.state)) return null;
  const left = fiat(
    "KES",
    inCase && order.credit === "undelivered" ? suspenseKesCents + amountKesCents : suspenseKesCents,
  );
  if (left === 0n) {
    return inCase && now - order.createdAt > nothingWaitsMs
      ? { type: "close", reason: "the statement shows no payment" }
      : null;
  }
  const refundedInPart = order.reason === "refunded_in_part";
  if (left >= amountKesCents && random.chance(0.5) && !refundedInPart) {
    const invoice = random.chance(0.5) ? node.walletInvoice(amountMsat, hour) : null;
    return { type: "deliver", invoice };
  }
  if (reversiblePayment(order, left) !== undefined && random.chance(0.8)) {
    return { type: "refund", amountKesCents: left, way: "reversal" };
  }
  if (left < 1_000n) {
    return { type: "release_suspense", amountKesCents: left, reason: "below M-Pesa's minimum" };
  }
  const part = left > 4_000n && random.chance(0.3) ? 2_000n : left - (left % 100n);
  return { type: "refund", amountKesCents: fiat("KES", part), way: "payout" };
}

function nextForSell(
  { world, node }: OperatorWorld,
  order: SellOrder,
  lines: readonly StatementLine[],
): OperatorAct | null {
  const { random } = world;
  const paid = lines.find(({ of }) => of === order.payout.originatorConversationId);
  const { status } = order.payout;
  if (isFinal(order.state) && order.caseFile.owedMsat > 0n) {
    return { type: "repay_owed", invoice: node.walletInvoice(order.caseFile.owedMsat, hour) };
  }
  if (isFinal(order.state)) {
    const lateButBooked = order.caseFile.latePayouts.some(({ id }) => id === paid?.of);
    return paid !== undefined && status === "failed" && !lateButBooked
      ? { type: "made_after_all", receipt: paid.receipt }
      : null;
  }
  if (order.state === "owed") {
    if (paid !== undefined) {
      return status === "failed"
        ? { type: "made_after_all", receipt: paid.receipt }
        : { type: "payout_made", receipt: paid.receipt };
    }
    if (status !== "failed" || random.chance(0.7)) return null;
    const owed = order.held?.receivedMsat ?? order.terms.amountMsat;
    return random.chance(0.5)
      ? { type: "pay_out" }
      : { type: "repay_owed", invoice: node.walletInvoice(owed, hour) };
  }
  if (order.state !== "case") return null;
  if (paid !== undefined && status === "failed") {
    return { type: "made_after_all", receipt: paid.receipt };
  }
  if (paid !== undefined && status !== "confirmed") {
    return { type: "payout_made", receipt: paid.receipt };
  }
  if (status === "confirmed") {
    return order.reason === "payment_gone_after_payout" ||
      order.reason === "payment_gone_before_proof"
      ? { type: "write_off", reason: "the sats are back with the holder" }
      : { type: "payout_made", receipt: paid?.receipt ?? order.payout.receipt ?? "P000000000" };
  }
  if (status !== "failed" && status !== "intended") {
    // In a case nothing is sent any more: whatever was sent before is done by now, and the statement does not show it.
    const quiet = world.scheduler.now() > order.createdAt + 5 * 24 * hour + nothingWaitsMs;
    return quiet ? { type: "payout_not_made" } : null;
  }
  return order.reason?.startsWith("claimed") === true
    ? random.pick([{ type: "pay_out" }, { type: "repay_owed", invoice: null }] as const)
    : { type: "payout_not_made" };
}
