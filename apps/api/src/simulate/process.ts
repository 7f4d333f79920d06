import { err, msat, ok, rate } from "@satsconnect/money";
import { defaultOperatorSettings } from "../domain/operator-settings.ts";
import type { LightningReport } from "../domain/facts.ts";
import type { decide } from "../domain/decide.ts";
import { createOrders } from "../app/orders/orders.ts";
import type {
  EvidenceKind,
  Ids,
  Lightning,
  OrderStore,
  PayoutRail,
  RateSource,
  StkRail,
} from "../app/orders/ports.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import type { MemoryOrderStore } from "../testing/memory-order-store.ts";
import { hour, minute, second } from "./world.ts";
import type { World } from "./world.ts";

/** Deliberate bugs, to prove that the simulation notices them. */
export type Mutation = {
  readonly decide?: typeof decide;
  readonly payouts?: (rail: PayoutRail) => PayoutRail;
  readonly lightning?: (port: Lightning) => Lightning;
  readonly store?: (store: OrderStore) => OrderStore;
};

export type SimulatedProcess = {
  /** The orders of the running process; null while it is down. */
  readonly orders: () => Orders | null;
  readonly deliver: (orderId: string, kind: EvidenceKind, body: string) => void;
  readonly onPaymentEvent: (report: LightningReport) => void;
  /** Schedules the next sweep. Call it after every step. */
  readonly planSweep: () => void;
  /** When it started; infinity while it is down. */
  readonly upSince: () => number;
  readonly crashes: () => number;
  /** How many times it was down for more than an hour. */
  readonly longDowns: () => number;
  /** Stops crashes from now on. */
  readonly stopCrashing: () => void;
};

export type ProcessOptions = {
  readonly world: World;
  readonly store: MemoryOrderStore;
  readonly rails: () => { stk: StkRail; payouts: PayoutRail; lightning: Lightning };
  readonly readInvoice: (
    invoice: string,
  ) => { paymentHash: string; amountMsat: bigint; expiresAt: number } | null;
  readonly nodeId: string;
  readonly mutation: Mutation;
  readonly onBug: (error: unknown) => void;
};

const sweepIntervalMs = 5 * second;

/**
 * The api's process. It may crash before and after any commit and any call, and loses everything but the store. Work of a
 * crashed process never continues, although M-Pesa and the node may still be executing its requests.
 */
export function createProcess(options: ProcessOptions): SimulatedProcess {
  const { world, store, mutation, onBug } = options;
  const { random, scheduler, faults, trace } = world;
  let generation = 0;
  let running: Orders | null = null;
  let crashes = 0;
  let longDowns = 0;
  let calm = false;
  let serial = 0;
  let plannedAt = Infinity;
  let startedAt = 0;
  /** All of the node's events. The cursor is stored, so it survives a crash. */
  const stream: LightningReport[] = [];
  let cursor = 0;

  function crash(where: string): void {
    if (running === null) return;
    trace(`process crashed ${where}`);
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
    scheduler.at(scheduler.now() + wait, start);
  }

  const never = new Promise<never>(() => {});

  /** Wraps a call across the process's boundary, where the process may crash. */
  function guard<Arguments extends readonly unknown[], Value>(
    name: string,
    mine: number,
    work: (...given: Arguments) => Promise<Value>,
    mayCrash: boolean,
  ): (...given: Arguments) => Promise<Value> {
    return async (...given) => {
      if (generation !== mine) return never;
      if (mayCrash && !calm && random.chance(faults.crash)) crash(`before ${name}`);
      if (generation !== mine) return never;
      const value = await work(...given);
      if (generation !== mine) return never;
      if (mayCrash && !calm && random.chance(faults.crash)) crash(`after ${name}`);
      return generation === mine ? value : never;
    };
  }

  function guarded<Port extends object>(
    name: string,
    mine: number,
    port: Port,
    quiet: ReadonlySet<string>,
  ): Port {
    return Object.fromEntries(
      Object.entries(port).map(([key, value]: [string, unknown]) => {
        if (typeof value !== "function" || key.startsWith("read")) return [key, value];
        const work = async (...given: readonly unknown[]): Promise<unknown> => {
          // Lets other work of this process interleave.
          if (name === "store") await scheduler.sleep(random.between(0, 3));
          return (value as (...all: readonly unknown[]) => unknown)(...given);
        };
        return [key, guard(`${name}.${key}`, mine, work, !quiet.has(key))];
      }),
    ) as Port;
  }

  const ids: Ids = {
    uuid: () => {
      serial += 1;
      return `order-${serial}`;
    },
    payoutId: () => {
      serial += 1;
      return `OC${String(serial).padStart(18, "0")}`;
    },
    accountReference: () => `AR${random.hex(10)}`,
  };

  const rates: RateSource = {
    current: async () =>
      ok({
        rate: rate("KES", 1_000_000_000n + BigInt(random.between(0, 200_000_000))),
        asOf: scheduler.now(),
        sources: [],
        extraSpreadPartsPerMillion: 0n,
      }),
  };

  const reads: ReadonlySet<string> = new Set([
    "find",
    "findQuote",
    "findByPaymentHash",
    "list",
    "evidenceAfter",
    "events",
    "latestSequence",
    "cases",
    "spendableMsat",
    "estimateChannelOpen",
    "recipientName",
  ]);

  function start(): void {
    generation += 1;
    const mine = generation;
    startedAt = scheduler.now();
    trace("process started");
    const { stk, payouts, lightning } = options.rails();
    const mutatedStore = mutation.store?.(store) ?? store;
    const orders = createOrders({
      store: guarded("store", mine, mutatedStore, reads),
      stk: guarded("stk", mine, stk, reads),
      payouts: guarded("payouts", mine, mutation.payouts?.(payouts) ?? payouts, reads),
      lightning: guarded("lightning", mine, mutation.lightning?.(lightning) ?? lightning, reads),
      clock: { now: scheduler.now },
      ids,
      rates,
      waker: {
        wake: (orderId, delayMs = 0) => {
          if (random.chance(faults.wakeLost)) return;
          scheduler.at(scheduler.now() + delayMs + random.between(1, 20), () => {
            if (generation === mine) background(orders.wake(orderId));
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
      onError: (error) => onBug(error),
      ...(mutation.decide === undefined ? {} : { decide: mutation.decide }),
    });
    running = orders;
    plannedAt = Infinity;
    follow(mine, orders);
  }

  function background(work: Promise<unknown>): void {
    work.catch(onBug);
  }

  /** The sweeper runs every five seconds. Times at which nothing can be due are skipped. */
  function planSweep(): void {
    const next = store.nextWakeAt();
    if (running === null || next === null) return;
    const soonest = Math.max(next, scheduler.now() + 1);
    const at = Math.ceil(soonest / sweepIntervalMs) * sweepIntervalMs;
    if (at >= plannedAt) return;
    plannedAt = at;
    const mine = generation;
    const orders = running;
    scheduler.at(at, () => {
      if (generation !== mine || plannedAt !== at) return;
      plannedAt = Infinity;
      background(orders.sweep());
    });
  }

  /** Delivers payment events in order. The cursor advances after an event was processed. */
  function follow(mine: number, orders: Orders): void {
    const step = async (): Promise<void> => {
      const event = stream[cursor];
      if (event === undefined) return;
      await orders.onPaymentEvent(event);
      if (generation !== mine) return;
      cursor += 1;
      await step();
    };
    busy = mine;
    background(
      step().finally(() => {
        if (busy === mine) busy = 0;
      }),
    );
  }
  let busy = 0;

  start();
  return {
    orders: () => running,
    deliver: (orderId, kind, body) => {
      // M-Pesa does not retry callbacks, so one that arrives while the process is down is lost.
      if (running === null) {
        trace(`${kind} callback of ${orderId} lost: process down`);
        return;
      }
      trace(`${kind} callback of ${orderId} received`);
      background(
        running.receiveEvidence({
          orderId,
          kind,
          body,
          receivedAt: scheduler.now(),
          fromAddress: "196.201.214.200",
        }),
      );
    },
    onPaymentEvent: (report) => {
      stream.push(report);
      if (running !== null && busy === 0) follow(generation, running);
    },
    planSweep,
    upSince: () => (running === null ? Infinity : startedAt),
    crashes: () => crashes,
    longDowns: () => longDowns,
    stopCrashing: () => {
      calm = true;
    },
  };
}
