import { err, msat, ok, rate } from "@satsconnect/money";
import { defaultOperatorSettings } from "../domain/operator-settings.ts";
import type { LightningReport } from "../domain/facts.ts";
import type { decide } from "../domain/machine.ts";
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

/** Faults that are put into the orders on purpose, to prove that the simulation notices. */
export type Mutation = {
  readonly decide?: typeof decide;
  readonly payouts?: (rail: PayoutRail) => PayoutRail;
  readonly lightning?: (port: Lightning) => Lightning;
  readonly store?: (store: OrderStore) => OrderStore;
};

export type SimulatedProcess = {
  /** The orders of the process that runs now; null while it is down. */
  readonly orders: () => Orders | null;
  readonly deliver: (orderId: string, kind: EvidenceKind, body: string) => void;
  readonly tell: (report: LightningReport) => void;
  /** To be called after every step: the sweeper may have something to find. */
  readonly planSweep: () => void;
  /** When it started; the end of time while it is down. */
  readonly upSince: () => number;
  readonly crashes: () => number;
  /** How often it was down for hours. */
  readonly longDowns: () => number;
  /** No more crashes from now on. */
  readonly calmDown: () => void;
};

export type ProcessOptions = {
  readonly world: World;
  readonly store: MemoryOrderStore;
  readonly outside: () => { stk: StkRail; payouts: PayoutRail; lightning: Lightning };
  readonly readInvoice: (
    invoice: string,
  ) => { paymentHash: string; amountMsat: bigint; expiresAt: number } | null;
  readonly nodeId: string;
  readonly mutation: Mutation;
  readonly onBug: (error: unknown) => void;
};

const sweepMs = 5 * second;

/**
 * The api's process: it dies before and after any commit and any call, and nothing of it remains but the store. What a
 * dead process had under way never goes on, although the world may still be working on what it asked for.
 */
export function createProcess(options: ProcessOptions): SimulatedProcess {
  const { world, store, mutation, onBug } = options;
  const { random, scheduler, faults, trace } = world;
  let life = 0;
  let running: Orders | null = null;
  let crashes = 0;
  let longDowns = 0;
  let calm = false;
  let serial = 0;
  let plannedAt = Infinity;
  let startedAt = 0;
  /** The node's events since the start: a stream with a cursor that the database remembers. */
  const stream: LightningReport[] = [];
  let cursor = 0;

  function die(where: string): void {
    if (running === null) return;
    trace(`the process dies ${where}`);
    life += 1;
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

  const forever = new Promise<never>(() => {});

  /** One boundary between the process and everything else. */
  function guard<Arguments extends readonly unknown[], Value>(
    name: string,
    mine: number,
    work: (...given: Arguments) => Promise<Value>,
    mayDie: boolean,
  ): (...given: Arguments) => Promise<Value> {
    return async (...given) => {
      if (life !== mine) return forever;
      if (mayDie && !calm && random.chance(faults.crash)) die(`before ${name}`);
      if (life !== mine) return forever;
      const value = await work(...given);
      if (life !== mine) return forever;
      if (mayDie && !calm && random.chance(faults.crash)) die(`after ${name}`);
      return life === mine ? value : forever;
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
          // Other work of this and of other processes comes in between.
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
    life += 1;
    const mine = life;
    startedAt = scheduler.now();
    trace("the process starts");
    const { stk, payouts, lightning } = options.outside();
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
            if (life === mine) background(orders.wake(orderId));
          });
        },
      },
      network: "regtest",
      readInvoice: (invoice) => {
        const decoded = options.readInvoice(invoice);
        if (decoded === null) return err("invoice_malformed", "No invoice.", "never");
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

  /** The sweeper runs every five seconds; times at which nothing can be due are skipped. */
  function planSweep(): void {
    const next = store.nextWakeAt();
    if (running === null || next === null) return;
    const soonest = Math.max(next, scheduler.now() + 1);
    const at = Math.ceil(soonest / sweepMs) * sweepMs;
    if (at >= plannedAt) return;
    plannedAt = at;
    const mine = life;
    const orders = running;
    scheduler.at(at, () => {
      if (life !== mine || plannedAt !== at) return;
      plannedAt = Infinity;
      background(orders.sweep());
    });
  }

  /** The payment stream: in order, the cursor moves after an event was taken in. */
  function follow(mine: number, orders: Orders): void {
    const step = async (): Promise<void> => {
      const event = stream[cursor];
      if (event === undefined) return;
      await orders.onPaymentEvent(event);
      if (life !== mine) return;
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
      // M-Pesa does not try again: while the process is down, a callback is lost.
      if (running === null) {
        trace(`${kind} of ${orderId} finds nobody`);
        return;
      }
      trace(`${kind} of ${orderId} arrives`);
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
    tell: (report) => {
      stream.push(report);
      if (running !== null && busy === 0) follow(life, running);
    },
    planSweep,
    upSince: () => (running === null ? Infinity : startedAt),
    crashes: () => crashes,
    longDowns: () => longDowns,
    calmDown: () => {
      calm = true;
    },
  };
}
