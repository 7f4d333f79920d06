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
import { createProcess } from "./process.ts";
import type { Mutation, SimulatedProcess } from "./process.ts";
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
  /** How orders ended: “buy paid” and so on. */
  readonly ends: readonly string[];
  /** Which transitions happened: “buy stk_requested → kes_received”. */
  readonly transitions: ReadonlySet<string>;
};

const startAt = Date.UTC(2026, 10, 23, 6, 0, 0);
const openingFloat = 50_000_000n;
const openingTreasury = 20_000_000_000n;
const nodeId = `02${"ab".repeat(32)}`;
/** The longest that anything waits: two days for a prompt that M-Pesa never speaks of, a day of a hold, a week owed. */
const mostHours = 21 * 24;
const mostSteps = 60_000;

/** One whole history: a few holders buy and sell while the world goes wrong as the seed says. */
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

  let process: SimulatedProcess | null = null;
  const mpesa: SimulatedMpesa = createMpesa(
    world,
    openingFloat,
    (orderId, kind, body) => process?.deliver(orderId, kind, body),
    ({ orderId }) => {
      const wrong = checkPayout(orderId, { store, node });
      if (wrong !== null) findings.push(wrong);
    },
  );
  const node: SimulatedNode = createNode(world, openingTreasury, (report) => process?.tell(report));
  const running = createProcess({
    world,
    store,
    outside: () => ({ stk: mpesa.stk, payouts: mpesa.payouts, lightning: node.lightning }),
    readInvoice: node.readWalletInvoice,
    nodeId,
    mutation,
    onBug: (error) => {
      findings.push(
        `A bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    },
  });
  process = running;

  const holders = random.between(1, 4);
  for (let holder = 1; holder <= holders; holder += 1) {
    scheduler.at(startAt + random.between(0, 10 * minute), () => {
      void live({ world, node, running }, `wallet-${holder}`, `25471200000${holder}`, holder);
    });
  }

  const watch = createStepChecks({ store, mpesa, node });
  const known = new Map<string, Order>();
  const transitions = new Set<string>();
  let steps = 0;
  const check = () => {
    steps += 1;
    running.planSweep();
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
    const wrong = watch(scheduler.now(), running.upSince());
    if (wrong !== null) findings.push(wrong);
    if (steps > mostSteps) findings.push("It does not come to rest");
    return findings.length > 0;
  };

  // Troubles for a day and a half, then a calm process, until everything rests.
  await scheduler.run(startAt + 36 * hour, check);
  running.calmDown();
  for (let until = 80; until <= mostHours && findings.length === 0; until += 24) {
    await scheduler.run(startAt + until * hour, check);
    if (store.orders().every(isResting)) break;
  }
  // A world in which process and node hardly ever run at the same time keeps nobody's deadlines.
  const { crash, engineDown } = world.faults;
  const wasAbsent = running.longDowns() > 0 || crash > 0.02 || engineDown > 0.1;
  if (findings.length === 0) findings.push(...checkEnd({ store, mpesa, node }, wasAbsent));
  return {
    seed,
    findings,
    trace: lines,
    steps,
    crashes: running.crashes(),
    ends: store.orders().map(({ kind, state }) => `${kind} ${state}`),
    transitions,
  };
}

function isResting(order: Order): boolean {
  const noNews = order.evidenceSeen === order.evidenceCount;
  const waits = order.state === "owed" && order.payout.status === "failed";
  const forAPerson = order.state === "case";
  return noNews && (isFinal(order.state) || forAPerson || waits);
}

type Surroundings = {
  readonly world: World;
  readonly node: SimulatedNode;
  readonly running: SimulatedProcess;
};

/** A holder: one to three exchanges, one after the other or at once, watched until they end. */
async function live(around: Surroundings, walletId: string, msisdn: string, holder: number) {
  const { random, scheduler } = around.world;
  const exchanges = random.between(1, 2);
  for (let index = 1; index <= exchanges; index += 1) {
    const orderId = `o${holder}${index}`;
    const holderOf = { walletId, nodeId };
    void (random.chance(0.5)
      ? buy(around, { ...holderOf, orderId, msisdn })
      : sell(around, { ...holderOf, orderId, msisdn }));
    await scheduler.sleep(random.between(second, 30 * minute));
  }
}

type Attempt = {
  readonly walletId: string;
  readonly nodeId: string;
  readonly orderId: string;
  readonly msisdn: string;
};

/** Asks the API, which may be down or die under the question; then the holder's app asks again, with the same id. */
async function insist<Value>(
  { world, running }: Surroundings,
  tries: number,
  ask: (orders: Orders) => Promise<Value>,
): Promise<Value | null> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const orders = running.orders();
    if (orders !== null) {
      const answer = await Promise.race([ask(orders), world.scheduler.sleep(40 * second)]);
      if (answer !== undefined) return answer;
    }
    await world.scheduler.sleep(world.random.between(second, 10 * second));
  }
  return null;
}

async function quoteFor(
  around: Surroundings,
  attempt: Attempt,
  kind: "buy" | "sell",
): Promise<Quote | null> {
  const { random } = around.world;
  const inShillings = random.chance(0.7);
  const quote = await insist(around, 5, (orders) =>
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

async function buy(around: Surroundings, attempt: Attempt): Promise<void> {
  const { world, node } = around;
  const { random, scheduler, faults } = world;
  const quote = await quoteFor(around, attempt, "buy");
  if (quote === null) return;
  const invoice = node.walletInvoice(quote.terms.amountMsat, random.pick([4 * minute, hour]));
  const opened = await insist(around, 8, (orders) =>
    orders.openBuy({ ...attempt, quoteId: quote.id, invoice }),
  );
  world.trace(
    `${attempt.orderId}: buy ${opened === null ? "gave up" : opened.ok ? "open" : opened.error.code}`,
  );
  for (let look = 0; look < 60; look += 1) {
    await scheduler.sleep(random.between(10 * second, 20 * minute));
    const order = await insist(around, 3, (orders) =>
      orders.find(attempt.walletId, attempt.orderId),
    );
    if (order === null || isFinal(order.state)) return;
    if (order.state !== "invoice_needed" || random.chance(faults.holderMisbehaves)) continue;
    if (random.chance(0.2)) {
      await insist(around, 3, (orders) => orders.cancel(attempt));
      continue;
    }
    const fresh = node.walletInvoice(order.terms.amountMsat, hour);
    await insist(around, 3, (orders) => orders.attachInvoice({ ...attempt, invoice: fresh }));
  }
}

async function sell(around: Surroundings, attempt: Attempt): Promise<void> {
  const { world, node } = around;
  const { random, scheduler, faults } = world;
  const quote = await quoteFor(around, attempt, "sell");
  if (quote === null) return;
  const opened = await insist(around, 8, (orders) =>
    orders.openSell({ ...attempt, quoteId: quote.id }),
  );
  world.trace(
    `${attempt.orderId}: sell ${opened === null ? "gave up" : opened.ok ? "open" : opened.error.code}`,
  );
  let paid = false;
  for (let look = 0; look < 60; look += 1) {
    const soon = look < 20;
    await scheduler.sleep(
      soon ? random.between(second, 15 * second) : random.between(minute, 12 * hour),
    );
    const order = await insist(around, 3, (orders) =>
      orders.find(attempt.walletId, attempt.orderId),
    );
    if (order === null || isFinal(order.state)) return;
    if (order.kind === "sell" && order.state === "invoice_open" && order.held !== null && !paid) {
      if (random.chance(faults.holderMisbehaves)) {
        if (random.chance(0.2)) await insist(around, 3, (orders) => orders.cancel(attempt));
        if (random.chance(0.3)) continue;
      }
      const amount = order.terms.amountMsat;
      const odd = random.chance(faults.holderMisbehaves);
      const sent = odd
        ? random.pick([amount - 1_000n, amount + 5_000n, amount + 20_000_000n])
        : amount;
      if (sent > 0n) paid = node.payHeld(order.held.paymentHash, msat(sent));
    }
    if (order.state === "owed" && order.payout.status === "failed" && order.kind === "sell") {
      const owed = order.held?.receivedMsat ?? order.terms.amountMsat;
      const fresh = node.walletInvoice(owed, hour);
      await insist(around, 3, (orders) => orders.attachInvoice({ ...attempt, invoice: fresh }));
    }
  }
}

function stamp(elapsed: number): string {
  const whole = Math.floor(elapsed / 1_000);
  const part = (value: number) => String(value).padStart(2, "0");
  const fraction = String(elapsed % 1_000).padStart(3, "0");
  return `${part(Math.floor(whole / 3_600))}:${part(Math.floor(whole / 60) % 60)}:${part(whole % 60)}.${fraction}`;
}
