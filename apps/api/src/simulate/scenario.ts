import { isSettled } from "../domain/case-file.ts";
import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import { createMemoryOrderStore } from "../testing/memory-order-store.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import { startAdversary } from "./adversary.ts";
import { connectDaraja } from "./daraja.ts";
import { drawFaults, noFaults } from "./faults.ts";
import { holderNodeId, simulateHolder } from "./holders.ts";
import { checkEnd, checkPayout, createStepChecks } from "./invariants.ts";
import { createMarket } from "./market.ts";
import { createMpesa } from "./mpesa.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import { createNode } from "./node.ts";
import { startOperator } from "./operator.ts";
import type { SimulatedNode } from "./node.ts";
import { createIds, createProcess } from "./process.ts";
import type { Mutation, ProcessOptions, SimulatedProcess } from "./process.ts";
import { gainsOf } from "./profit.ts";
import type { Gain } from "./profit.ts";
import { createRandom } from "./random.ts";
import type { Shadow } from "./shadow-store.ts";
import { createScheduler } from "./scheduler.ts";
import { hour, minute } from "./world.ts";
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
  /** The adversary's gain by its orders; see `profit.ts`. */
  readonly gains: readonly Gain[];
};

const startAt = Date.UTC(2026, 10, 23, 6, 0, 0);
export const openingFloat = 50_000_000n;
const openingTreasury = 20_000_000_000n;
/**
 * Longer than all waits together: two days for an unanswered STK push, a day of holding and a week until a reminder.
 */
const maxHours = 21 * 24;
/** More than the longest seeds take: two days of outages at which every call is repeated. */
const maxSteps = 400_000;

/** Runs one seed: a few holders buy and sell in a world with the seed's faults. With a shadow, ends at the first difference. */
export async function runScenario(
  seed: number,
  mutation: Mutation = {},
  shadow?: Pick<Shadow, "isBusy" | "difference">,
): Promise<Outcome> {
  const random = createRandom(seed);
  const scheduler = createScheduler(startAt, shadow?.isBusy);
  const lines: string[] = [];
  const world: World = {
    random,
    scheduler,
    faults: {
      ...(mutation.onlyAdversary === true ? noFaults : drawFaults(random)),
      ...mutation.faults,
    },
    trace: (line) => lines.push(`${stamp(scheduler.now() - startAt)} ${line}`),
  };
  const findings: string[] = [];
  const store = createMemoryOrderStore();
  const market = createMarket(seed, startAt);
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
    (receipt) =>
      store
        .orders()
        .some(({ caseFile }) => caseFile.payments.some((payment) => payment.receipt === receipt)),
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
    market,
    rails: (isRunning) => {
      const daraja = connectDaraja(mpesa, scheduler, isRunning);
      return { ...daraja, lightning: node.lightning };
    },
    readInvoice: node.readWalletInvoice,
    isBlockDue: () => (store.nextWakeHeight() ?? Infinity) <= node.height(),
    nodeId: holderNodeId,
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

  const { onlyAdversary = false } = mutation;
  const holders = onlyAdversary ? 0 : random.between(1, 4);
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

  const adversary = startAdversary(
    { world, node, mpesa, market, process: anyProcess },
    onlyAdversary ? 4 : random.between(0, 2),
  );

  for (const name of ["operator 1", "operator 2"]) {
    startOperator({ world, store, mpesa, node, orders: () => anyProcess().orders() }, name);
  }

  const checkStep = createStepChecks({ store });
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
      adversary.observe(order);
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
    const difference = shadow?.difference() ?? null;
    if (difference !== null) findings.push(difference);
    if (steps > maxSteps) findings.push(`Orders did not end within ${maxSteps} steps`);
    return findings.length > 0;
  };

  // The process may crash for a day and a half. After that it runs until every order has ended or waits for somebody.
  await scheduler.run(startAt + 36 * hour, check);
  for (const process of processes) process.stopCrashing();
  for (let until = 80; until <= maxHours && findings.length === 0; until += 24) {
    await scheduler.run(startAt + until * hour, check);
    if (store.orders().every((order) => isResting(order, store))) break;
  }
  // If the process and the node rarely run at the same time, deadlines cannot be kept.
  const { crash, engineDown } = world.faults;
  const hadLongDowntime =
    processes.some((process) => process.longDowns() > 0) || crash > 0.02 || engineDown > 0.1;
  if (findings.length === 0)
    findings.push(...checkEnd({ store, mpesa, node, market }, hadLongDowntime));
  return {
    seed,
    findings,
    trace: lines,
    steps,
    crashes: processes.reduce((sum, process) => sum + process.crashes(), 0),
    ends: store.orders().map(({ kind, state }) => `${kind} ${state}`),
    transitions,
    gains: gainsOf({ store, mpesa, node, market }, adversary.promises()),
  };
}

/** Whether an order has ended, with its case file settled and its cases closed by an operator. */
function isResting(order: Order, store: MemoryOrderStore): boolean {
  return (
    isFinal(order.state) &&
    order.evidenceSeen === order.evidenceCount &&
    isSettled(order) &&
    !store.openCases().some(({ orderId }) => orderId === order.id)
  );
}

function stamp(elapsed: number): string {
  const whole = Math.floor(elapsed / 1_000);
  const part = (value: number) => String(value).padStart(2, "0");
  const fraction = String(elapsed % 1_000).padStart(3, "0");
  return `${part(Math.floor(whole / 3_600))}:${part(Math.floor(whole / 60) % 60)}:${part(whole % 60)}.${fraction}`;
}
