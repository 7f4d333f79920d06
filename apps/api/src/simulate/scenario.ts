import { fiat, msat } from "@satsconnect/money";
import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import { createMemoryOrderStore } from "../testing/memory-order-store.ts";
import { drawFaults } from "./faults.ts";
import { checkEnd, checkPayout, createStepChecks } from "./invariants.ts";
import { createMpesa } from "./mpesa.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import { createNode } from "./node.ts";
import type { SimulatedNode } from "./node.ts";
import { createIds, createProcess } from "./process.ts";
import type { Mutation, ProcessOptions, SimulatedProcess } from "./process.ts";
import { createRandom } from "./random.ts";
import { createScheduler } from "./scheduler.ts";
import { hour, minute, second } from "./world.ts";
import type { World } from "./world.ts";

export type Outcome = {
  readonly seed: number;
  readonly findings: readonly string[];
  /** Every step, in order; the same for the same seed. */
  readonly trace: readonly string[];
  readonly steps: number;
  readonly crashes: number;
  /** Final states of the orders, such as "buy paid". */
  readonly ends: readonly string[];
  /** Transitions that happened, such as "buy stk_requested → kes_received". */
  readonly transitions: ReadonlySet<string>;
};

const startAt = Date.UTC(2026, 10, 23, 6, 0, 0);
const openingFloat = 50_000_000n;
const openingTreasury = 20_000_000_000n;
const nodeId = `02${"ab".repeat(32)}`;
/**
 * Longer than all waits together: two days for an unanswered STK push, a day of holding and a week until a reminder.
 */
const maxHours = 21 * 24;
/** More than the longest seeds take: two days of outages at which every call is repeated. */
const maxSteps = 400_000;

/** Runs one seed: a few holders buy and sell in a world with the seed's faults. */
export async function runScenario(seed: number, mutation: Mutation = {}): Promise<Outcome> {
  const random = createRandom(seed);
  const scheduler = createScheduler(startAt);
  const lines: string[] = [];
  const world: World = {
    random,
    scheduler,
    faults: drawFaults(random),
    trace: (line) => lines.push(`${stamp(scheduler.now() - startAt)} ${line}`),
  };
  const findings: string[] = [];
  const store = createMemoryOrderStore();
  store.post(
    "opening",
    [
      { account: "mpesa_available", currency: "KES", amount: openingFloat },
      { account: "capital_kes", currency: "KES", amount: -openingFloat },
      { account: "treasury", currency: "MSAT", amount: openingTreasury },
      { account: "capital_msat", currency: "MSAT", amount: -openingTreasury },
    ],
    startAt,
  );

  const processes: SimulatedProcess[] = [];
  /** A load balancer sends each request to one of the processes; one that is down loses it. */
  const anyProcess = () => random.pick(processes);
  const mpesa: SimulatedMpesa = createMpesa(
    world,
    openingFloat,
    (orderId, kind, body) => anyProcess().deliver(orderId, kind, body),
    ({ orderId }) => {
      const violation = checkPayout(orderId, { store, node }, scheduler.now());
      if (violation !== null) findings.push(violation);
    },
  );
  const node: SimulatedNode = createNode(world, openingTreasury, (report) => {
    for (const process of processes) process.onPaymentEvent(report);
  });
  const ids = createIds(world);
  const optionsOf = (name: string): ProcessOptions => ({
    name,
    world,
    ids,
    store,
    rails: () => ({ stk: mpesa.stk, payouts: mpesa.payouts, lightning: node.lightning }),
    readInvoice: node.readWalletInvoice,
    isBlockDue: () => (store.nextWakeHeight() ?? Infinity) <= node.height(),
    nodeId,
    mutation,
    onBug: (error) => {
      findings.push(
        `Bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    },
  });
  const count = random.pick([1, 2]);
  for (let number = 1; number <= count; number += 1) {
    processes.push(createProcess(optionsOf(`process ${number}`)));
  }

  const holders = random.between(1, 4);
  for (let holder = 1; holder <= holders; holder += 1) {
    scheduler.at(startAt + random.between(0, 10 * minute), () => {
      void simulateHolder(
        { world, node, process: anyProcess },
        `wallet-${holder}`,
        `25471200000${holder}`,
        holder,
      );
    });
  }

  const checkStep = createStepChecks({ store, mpesa, node });
  const known = new Map<string, Order>();
  const transitions = new Set<string>();
  let steps = 0;
  const check = () => {
    steps += 1;
    for (const process of processes) process.scheduleSweep();
    for (const order of store.orders()) {
      const before = known.get(order.id);
      if (before === order) continue;
      known.set(order.id, order);
      if (before?.state === order.state) continue;
      transitions.add(`${order.kind} ${before?.state ?? "quoted"} → ${order.state}`);
      world.trace(
        `${order.id} (${order.kind}): ${before?.state ?? "quoted"} → ${order.state} ${order.reason ?? ""}`,
      );
    }
    const violation = checkStep(
      scheduler.now(),
      Math.min(...processes.map((process) => process.upSince())),
    );
    if (violation !== null) findings.push(violation);
    if (steps > maxSteps) findings.push(`Orders did not end within ${maxSteps} steps`);
    return findings.length > 0;
  };

  // The process may crash for a day and a half. After that it runs until every order has ended or waits for somebody.
  await scheduler.run(startAt + 36 * hour, check);
  for (const process of processes) process.stopCrashing();
  for (let until = 80; until <= maxHours && findings.length === 0; until += 24) {
    await scheduler.run(startAt + until * hour, check);
    if (store.orders().every(isResting)) break;
  }
  // If the process and the node rarely run at the same time, deadlines cannot be kept.
  const { crash, engineDown } = world.faults;
  const hadLongDowntime =
    processes.some((process) => process.longDowns() > 0) || crash > 0.02 || engineDown > 0.1;
  if (findings.length === 0) findings.push(...checkEnd({ store, mpesa, node }, hadLongDowntime));
  return {
    seed,
    findings,
    trace: lines,
    steps,
    crashes: processes.reduce((sum, process) => sum + process.crashes(), 0),
    ends: store.orders().map(({ kind, state }) => `${kind} ${state}`),
    transitions,
  };
}

function isResting(order: Order): boolean {
  const allEvidenceSeen = order.evidenceSeen === order.evidenceCount;
  const awaitsInvoice = order.state === "owed" && order.payout.status === "failed";
  const awaitsOperator = order.state === "case";
  return allEvidenceSeen && (isFinal(order.state) || awaitsOperator || awaitsInvoice);
}

type HolderWorld = {
  readonly world: World;
  readonly node: SimulatedNode;
  /** The process that the load balancer picks for the next request. */
  readonly process: () => SimulatedProcess;
};

/** A holder who makes one or two exchanges, in sequence or overlapping, and polls each until it ends. */
async function simulateHolder(
  holderWorld: HolderWorld,
  walletId: string,
  msisdn: string,
  holder: number,
) {
  const { random, scheduler } = holderWorld.world;
  const exchanges = random.between(1, 2);
  for (let index = 1; index <= exchanges; index += 1) {
    const orderId = `o${holder}${index}`;
    const holderIds = { walletId, nodeId };
    void (random.chance(0.5)
      ? buy(holderWorld, { ...holderIds, orderId, msisdn })
      : sell(holderWorld, { ...holderIds, orderId, msisdn }));
    await scheduler.sleep(random.between(second, 30 * minute));
  }
}

type Attempt = {
  readonly walletId: string;
  readonly nodeId: string;
  readonly orderId: string;
  readonly msisdn: string;
};

/** Calls the api. If it is down or crashes during the call, retries with the same id, as the holder's app does. */
async function callWithRetries<Value>(
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
    const fresh = node.walletInvoice(order.terms.amountMsat, hour);
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

function stamp(elapsed: number): string {
  const whole = Math.floor(elapsed / 1_000);
  const part = (value: number) => String(value).padStart(2, "0");
  const fraction = String(elapsed % 1_000).padStart(3, "0");
  return `${part(Math.floor(whole / 3_600))}:${part(Math.floor(whole / 60) % 60)}:${part(whole % 60)}.${fraction}`;
}
