import { err, msat, ok } from "@satsconnect/money";
import { defaultOperatorSettings } from "../domain/operator-settings.ts";
import type { LightningReport } from "../domain/facts.ts";
import type { decide } from "../domain/decide.ts";
import { createOrders } from "../app/orders/orders.ts";
import { createDatabaseClock } from "../adapters/postgres/database-clock.ts";
import type {
  Clock,
  EvidenceKind,
  Ids,
  Lightning,
  OrderStore,
  PayoutRail,
  RateSource,
  ReversalRail,
  StkRail,
} from "../app/orders/ports.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import type { Faults } from "./faults.ts";
import type { Market } from "./market.ts";
import { hour, minute, second } from "./world.ts";
import type { World } from "./world.ts";

/** A deliberate bug in one of the parts, to prove that the simulation notices it. */
export type Mutation = {
  /** Faults that the bug needs to show, so that few seeds are needed. */
  readonly faults?: Partial<Faults>;
  /** Only the adversary trades, without faults: prices matter, and nothing else. */
  readonly onlyAdversary?: boolean;
  readonly decide?: typeof decide;
  readonly market?: (market: Market) => Market;
  readonly stk?: (rail: StkRail) => StkRail;
  readonly reversals?: (rail: ReversalRail) => ReversalRail;
  readonly payouts?: (rail: PayoutRail) => PayoutRail;
  readonly lightning?: (port: Lightning) => Lightning;
  readonly store?: (store: OrderStore) => OrderStore;
  /** @param own the process's own clock, which may be skewed. */
  readonly clock?: (own: () => number) => Clock;
};

export type SimulatedProcess = {
  /** The orders of the running process; null while it is down. */
  readonly orders: () => Orders | null;
  readonly deliver: (orderId: string, kind: EvidenceKind, body: string) => void;
  readonly onPaymentEvent: (report: LightningReport) => void;
  /** Schedules the next sweep. Call it after every step. */
  readonly scheduleSweep: () => void;
  /** Virtual time at which it started; Infinity while it is down. */
  readonly upSince: () => number;
  readonly crashes: () => number;
  /** How many times it was down for more than an hour. */
  readonly longDowns: () => number;
  /** Prevents further crashes. */
  readonly stopCrashing: () => void;
};

/** Ids that are unique over all processes. */
export function createIds({ random }: World): Ids {
  let serial = 0;
  const next = () => {
    serial += 1;
    return serial;
  };
  return {
    uuid: () => `order-${next()}`,
    payoutId: () => `OC${String(next()).padStart(18, "0")}`,
    accountReference: () => `AR${random.hex(10)}`,
  };
}

export type ProcessOptions = {
  readonly name: string;
  readonly ids: Ids;
  readonly world: World;
  readonly store: MemoryOrderStore;
  readonly market: Market;
  /** @param isRunning false once the process has crashed: it sends nothing any more. */
  readonly rails: (isRunning: () => boolean) => {
    stk: StkRail;
    payouts: PayoutRail;
    reversals: ReversalRail;
    lightning: Lightning;
  };
  readonly readInvoice: (
    invoice: string,
  ) => { paymentHash: string; amountMsat: bigint; expiresAt: number } | null;
  readonly nodeId: string;
  /** Whether an order waits for a block that was found. */
  readonly isBlockDue: () => boolean;
  readonly mutation: Mutation;
  readonly onBug: (error: unknown) => void;
};

const sweepIntervalMs = 5 * second;
const blocksMs = 5 * second;

/**
 * The api's process. It may crash before and after any commit and any call, and loses everything but the store. Work of a
 * crashed process never continues, although M-Pesa and the node may still be executing its requests.
 */
export function createProcess(options: ProcessOptions): SimulatedProcess {
  const { name, world, ids, store, mutation, onBug } = options;
  const market = mutation.market?.(options.market) ?? options.market;
  const { random, scheduler, faults, trace } = world;
  let generation = 0;
  let running: Orders | null = null;
  let runningNode: Lightning | null = null;
  let blockScheduled = 0;
  let runningClock: Clock = { now: scheduler.now };
  let crashes = 0;
  let longDowns = 0;
  let crashesStopped = false;
  let nextSweepAt = Infinity;
  let startedAt = 0;
  /** All of the node's events. The cursor is stored, so it survives a crash. */
  const stream: LightningReport[] = [];
  let cursor = 0;

  function crash(where: string): void {
    if (running === null) return;
    trace(`${name} crashed ${where}`);
    generation += 1;
    crashes += 1;
    running = null;
    const kind = random.next();
    const wait =
      kind < 0.8
        ? random.between(second, 20 * second)
        : kind < 1 - faults.longDown
          ? random.between(minute, 15 * minute)
          : random.between(hour, 30 * hour);
    if (wait > hour) longDowns += 1;
    scheduler.at(scheduler.now() + wait, () => background(start()));
  }

  const never = new Promise<never>(() => {});

  /** Wraps a call to another system. The process may crash before and after it, and the caller then never continues. */
  function guard<Arguments extends readonly unknown[], Value>(
    callName: string,
    ownGeneration: number,
    work: (...args: Arguments) => Promise<Value>,
    mayCrash: boolean,
  ): (...args: Arguments) => Promise<Value> {
    return async (...args) => {
      if (generation !== ownGeneration) return never;
      if (mayCrash && !crashesStopped && random.chance(faults.crash)) crash(`before ${callName}`);
      if (generation !== ownGeneration) return never;
      const value = await work(...args);
      if (generation !== ownGeneration) return never;
      if (mayCrash && !crashesStopped && random.chance(faults.crash)) crash(`after ${callName}`);
      return generation === ownGeneration ? value : never;
    };
  }

  function guarded<Port extends object>(
    portName: string,
    ownGeneration: number,
    port: Port,
    quiet: ReadonlySet<string>,
  ): Port {
    return Object.fromEntries(
      Object.entries(port).map(([key, value]: [string, unknown]) => {
        if (typeof value !== "function" || key.startsWith("read")) return [key, value];
        const work = async (...args: readonly unknown[]): Promise<unknown> => {
          // Lets other work of this process interleave.
          if (portName === "store") await scheduler.sleep(random.between(0, 3));
          return (value as (...all: readonly unknown[]) => unknown)(...args);
        };
        return [key, guard(`${portName}.${key}`, ownGeneration, work, !quiet.has(key))];
      }),
    ) as Port;
  }

  const rates: RateSource = {
    current: async () => ok({ ...market.fed(scheduler.now()), asOf: scheduler.now(), sources: [] }),
  };

  const reads: ReadonlySet<string> = new Set([
    "find",
    "findQuote",
    "findByPaymentHash",
    "list",
    "evidenceAfter",
    "dueAtHeight",
    "tip",
    "events",
    "latestSequence",
    "cases",
    "findAct",
    "acts",
    "spendableMsat",
    "estimateChannelOpen",
    "recipientName",
    "checkPayment",
    "limits",
    "availableFloat",
    "knownRecipientName",
    "promptReferences",
  ]);

  async function start(): Promise<void> {
    generation += 1;
    const ownGeneration = generation;
    const skew = random.chance(faults.clockSkewed) ? random.between(-36 * hour, 36 * hour) : 0;
    const own = () => scheduler.now() + skew;
    const readTime = async () => {
      await scheduler.sleep(random.between(0, 5));
      return scheduler.now();
    };
    const clock = mutation.clock?.(own) ?? (await createDatabaseClock(readTime, own));
    if (generation !== ownGeneration) return;
    startedAt = scheduler.now();
    trace(`${name} started, its clock off by ${Math.round(skew / minute)} min`);
    const { stk, payouts, reversals, lightning } = options.rails(
      () => generation === ownGeneration,
    );
    const mutatedStore = mutation.store?.(store) ?? store;
    const orders = createOrders({
      store: guarded("store", ownGeneration, mutatedStore, reads),
      stk: guarded("stk", ownGeneration, mutation.stk?.(stk) ?? stk, reads),
      payouts: guarded("payouts", ownGeneration, mutation.payouts?.(payouts) ?? payouts, reads),
      reversals: guarded(
        "reversals",
        ownGeneration,
        mutation.reversals?.(reversals) ?? reversals,
        reads,
      ),
      lightning: guarded(
        "lightning",
        ownGeneration,
        mutation.lightning?.(lightning) ?? lightning,
        reads,
      ),
      clock,
      ids,
      rates,
      waker: {
        wake: (orderId, delayMs = 0) => {
          if (random.chance(faults.wakeLost)) return;
          scheduler.at(scheduler.now() + delayMs + random.between(1, 20), () => {
            if (generation === ownGeneration) background(orders.wake(orderId));
          });
        },
      },
      network: "regtest",
      readInvoice: (invoice) => {
        const decoded = options.readInvoice(invoice);
        if (decoded === null) return err("invoice_malformed", "Not an invoice.", "never");
        return ok({
          network: "regtest",
          amountMsat: msat(decoded.amountMsat),
          paymentHash: decoded.paymentHash,
          payeeNodeId: options.nodeId,
          description: "",
          createdAt: scheduler.now(),
          expiresAt: decoded.expiresAt,
          minFinalCltvExpiryDelta: 18,
        });
      },
      settings: defaultOperatorSettings,
      allowNameLookup: async () => ok(undefined),
      onError: (error) => onBug(error),
      ...(mutation.decide === undefined ? {} : { decide: mutation.decide }),
    });
    running = orders;
    runningClock = clock;
    runningNode = lightning;
    nextSweepAt = Infinity;
    deliverEvents(ownGeneration, orders);
  }

  /** Asks for the best block, as the running api does every five seconds. Skipped while no order waits for a block. */
  function scheduleBlock(): void {
    const port = runningNode;
    if (running === null || port === null || blockScheduled === generation || !options.isBlockDue())
      return;
    const ownGeneration = generation;
    const orders = running;
    blockScheduled = ownGeneration;
    scheduler.at(scheduler.now() + random.between(1, blocksMs), () => {
      if (generation !== ownGeneration) return;
      blockScheduled = 0;
      background(
        port.tip().then(async (tip) => {
          if (generation === ownGeneration && tip.ok) await orders.onBlock(tip.value.height);
        }),
      );
    });
  }

  function background(work: Promise<unknown>): void {
    work.catch(onBug);
  }

  /** Schedules the next of the sweeps every five seconds at which an order can be due; the others are skipped. */
  function scheduleSweep(): void {
    scheduleBlock();
    const next = store.nextWakeAt();
    if (running === null || next === null) return;
    const soonest = Math.max(next, scheduler.now() + 1);
    const at = Math.ceil(soonest / sweepIntervalMs) * sweepIntervalMs;
    if (at >= nextSweepAt) return;
    nextSweepAt = at;
    const ownGeneration = generation;
    const orders = running;
    scheduler.at(at, () => {
      if (generation !== ownGeneration || nextSweepAt !== at) return;
      nextSweepAt = Infinity;
      background(orders.sweep());
    });
  }

  /** Delivers payment events in order. The cursor advances after an event was processed. */
  function deliverEvents(ownGeneration: number, orders: Orders): void {
    const step = async (): Promise<void> => {
      const event = stream[cursor];
      if (event === undefined) return;
      await orders.onPaymentEvent(event);
      if (generation !== ownGeneration) return;
      cursor += 1;
      await step();
    };
    deliveringGeneration = ownGeneration;
    background(
      step().finally(() => {
        if (deliveringGeneration === ownGeneration) deliveringGeneration = 0;
      }),
    );
  }
  let deliveringGeneration = 0;

  background(start());
  return {
    orders: () => running,
    deliver: (orderId, kind, body) => {
      // M-Pesa does not retry callbacks, so one that arrives while the process is down is lost.
      if (running === null) {
        trace(`${kind} callback of ${orderId} lost: ${name} is down`);
        return;
      }
      trace(`${kind} callback of ${orderId} received`);
      background(
        running.receiveEvidence({
          orderId,
          kind,
          body,
          receivedAt: runningClock.now(),
          fromAddress: "196.201.214.200",
        }),
      );
    },
    onPaymentEvent: (report) => {
      stream.push(report);
      if (running !== null && deliveringGeneration === 0) deliverEvents(generation, running);
    },
    scheduleSweep,
    upSince: () => (running === null ? Infinity : startedAt),
    crashes: () => crashes,
    longDowns: () => longDowns,
    stopCrashing: () => {
      crashesStopped = true;
    },
  };
}
