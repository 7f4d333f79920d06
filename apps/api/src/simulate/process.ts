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

/** A deliberate bug in one of the parts, to prove that the simulation notices it. */
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
  readonly scheduleSweep: () => void;
  /** Virtual time at which it started; Infinity while it is down. */
  readonly upSince: () => number;
  readonly crashes: () => number;
  /** How many times it was down for more than an hour. */
  readonly longDowns: () => number;
  /** Prevents further crashes. */
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
  let crashesStopped = false;
  let serial = 0;
  let nextSweepAt = Infinity;
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

  /** Wraps a call to another system. The process may crash before and after it, and the caller then never continues. */
  function guard<Arguments extends readonly unknown[], Value>(
    name: string,
    ownGeneration: number,
    work: (...args: Arguments) => Promise<Value>,
    mayCrash: boolean,
  ): (...args: Arguments) => Promise<Value> {
    return async (...args) => {
      if (generation !== ownGeneration) return never;
      if (mayCrash && !crashesStopped && random.chance(faults.crash)) crash(`before ${name}`);
      if (generation !== ownGeneration) return never;
      const value = await work(...args);
      if (generation !== ownGeneration) return never;
      if (mayCrash && !crashesStopped && random.chance(faults.crash)) crash(`after ${name}`);
      return generation === ownGeneration ? value : never;
    };
  }

  function guarded<Port extends object>(
    name: string,
    ownGeneration: number,
    port: Port,
    quiet: ReadonlySet<string>,
  ): Port {
    return Object.fromEntries(
      Object.entries(port).map(([key, value]: [string, unknown]) => {
        if (typeof value !== "function" || key.startsWith("read")) return [key, value];
        const work = async (...args: readonly unknown[]): Promise<unknown> => {
          // Lets other work of this process interleave.
          if (name === "store") await scheduler.sleep(random.between(0, 3));
          return (value as (...all: readonly unknown[]) => unknown)(...args);
        };
        return [key, guard(`${name}.${key}`, ownGeneration, work, !quiet.has(key))];
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
    "checkPayment",
    "limits",
    "availableFloat",
    "knownRecipientName",
    "promptReferences",
  ]);

  function start(): void {
    generation += 1;
    const ownGeneration = generation;
    startedAt = scheduler.now();
    trace("process started");
    const { stk, payouts, lightning } = options.rails();
    const mutatedStore = mutation.store?.(store) ?? store;
    const orders = createOrders({
      store: guarded("store", ownGeneration, mutatedStore, reads),
      stk: guarded("stk", ownGeneration, stk, reads),
      payouts: guarded("payouts", ownGeneration, mutation.payouts?.(payouts) ?? payouts, reads),
      lightning: guarded(
        "lightning",
        ownGeneration,
        mutation.lightning?.(lightning) ?? lightning,
        reads,
      ),
      clock: { now: scheduler.now },
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
    nextSweepAt = Infinity;
    deliverEvents(ownGeneration, orders);
  }

  function background(work: Promise<unknown>): void {
    work.catch(onBug);
  }

  /** Schedules the next of the sweeps every five seconds at which an order can be due; the others are skipped. */
  function scheduleSweep(): void {
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
