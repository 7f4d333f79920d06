import type { Decision } from "../../domain/decision.ts";
import type { Fact, LightningReport } from "../../domain/facts.ts";
import { judgeLate, lateEffect } from "../../domain/late.ts";
import { decide } from "../../domain/machine.ts";
import { isFinal } from "../../domain/order.ts";
import type { Order } from "../../domain/order.ts";
import { lateEvidenceRetry } from "../../domain/policy.ts";
import { evidenceFact, writeLightningEvidence } from "./evidence.ts";
import { perform } from "./perform.ts";
import type { Outside } from "./perform.ts";
import type { Clock, Evidence, OrderStore } from "./ports.ts";

export type AdvanceOptions = Outside & {
  readonly store: OrderStore;
  readonly clock: Clock;
  /** The tables; another can be put in to prove that tests notice. */
  readonly decide?: typeof decide;
};

export type Taken =
  | { readonly kind: "changed"; readonly order: Order }
  | { readonly kind: "unchanged"; readonly order: Order }
  | { readonly kind: "key_taken"; readonly order: Order }
  | { readonly kind: "not_found" };

export type Advance = {
  /** One fact into one order: decided, stored, and its calls made. `reread` on a key that is taken: nothing was stored. */
  readonly take: (orderId: string, fact: Fact) => Promise<Taken>;
  readonly wake: (orderId: string) => Promise<void>;
  readonly onPaymentEvent: (report: LightningReport) => Promise<void>;
};

/** More losers in a row than that is no race but a bug. */
const mostRaces = 50;

/** Carries orders on: reads, decides, stores, and only then acts. Any number of processes may do so at once. */
export function createAdvance(options: AdvanceOptions): Advance {
  const { store, clock } = options;
  const table = options.decide ?? decide;

  /** @param seen the number of the evidence that the fact was read from. */
  async function takeOnce(orderId: string, fact: Fact, seen: number | null): Promise<Taken> {
    for (let race = 0; race < mostRaces; race += 1) {
      const order = await store.find(orderId);
      if (order === null) return { kind: "not_found" };
      const done = isFinal(order.state) || (seen !== null && order.evidenceSeen >= seen);
      if (done) return { kind: "unchanged", order };
      const now = clock.now();
      const decision = withSeen(table(order, fact, now), order, seen);
      if (decision === null) return { kind: "unchanged", order };
      const outcome = await store.commit(order, decision, now);
      if (outcome.kind === "stale") continue;
      if (outcome.kind === "key_taken") return { kind: "key_taken", order };
      await act(outcome.order, decision);
      return { kind: "changed", order: outcome.order };
    }
    throw new Error(`The order ${orderId} changed under every attempt to change it`);
  }

  async function take(orderId: string, fact: Fact, seen: number | null = null): Promise<Taken> {
    return takeOnce(orderId, fact, seen);
  }

  /** For facts of the world, which are true whether or not a number in them is taken. */
  async function takeAnyway(orderId: string, fact: Fact, seen: number | null): Promise<Taken> {
    const taken = await takeOnce(orderId, fact, seen);
    if (taken.kind !== "key_taken") return taken;
    const kind = keyKindOf(table(taken.order, fact, clock.now()));
    return takeOnce(orderId, { type: "key_taken", kind }, seen);
  }

  async function act(order: Order, decision: Decision): Promise<void> {
    for (const effect of decision.effects) {
      const fact = await perform(options, order, effect);
      await takeAnyway(order.id, fact, null);
    }
  }

  async function takeLate(order: Order, evidence: Evidence, fact: Fact): Promise<void> {
    const effect = lateEffect(order, fact);
    const answer = effect === null ? null : await perform(options, order, effect);
    const now = clock.now();
    const { decision, settled } = judgeLate(order, fact, answer, evidence.receivedAt, now);
    const booked = (await store.cases({ orderId: order.id })).some(
      ({ code }) => code === "late_payment",
    );
    const age = (now - evidence.receivedAt) / 2;
    const retryMs = Math.min(lateEvidenceRetry.maxMs, Math.max(lateEvidenceRetry.minMs, age));
    const next: Order = {
      ...order,
      version: order.version + 1,
      evidenceSeen: settled ? evidence.number : order.evidenceSeen,
      wakeAt: settled ? null : now + Math.round(retryMs),
    };
    const once = booked ? { ...decision, postings: [] } : decision;
    const outcome = await store.commit(order, { ...once, next }, now);
    if (outcome.kind !== "key_taken") return;
    const detail = "Late evidence names a receipt or a prompt of another order.";
    const cases = [...once.cases, { code: "late_key_taken", detail }];
    await store.commit(order, { ...once, next, keys: [], postings: [], cases }, now);
  }

  async function takeEvidence(orderId: string): Promise<void> {
    for (;;) {
      const order = await store.find(orderId);
      if (order === null || order.evidenceSeen >= order.evidenceCount) return;
      const [evidence] = await store.evidenceAfter(orderId, order.evidenceSeen);
      if (evidence === undefined) return;
      const fact = evidenceFact(options, evidence);
      if (!isFinal(order.state)) {
        await takeAnyway(orderId, fact, evidence.number);
        continue;
      }
      await takeLate(order, evidence, fact);
      const after = await store.find(orderId);
      // Not settled yet: another time.
      if ((after?.evidenceSeen ?? 0) <= order.evidenceSeen) return;
    }
  }

  return {
    take: (orderId, fact) => take(orderId, fact),
    wake: async (orderId) => {
      await takeEvidence(orderId);
      await takeAnyway(orderId, { type: "woken" }, null);
    },
    onPaymentEvent: async (report) => {
      const order = await store.findByPaymentHash(report.paymentHash);
      if (order === null) return;
      const answer = { ok: true, value: report } as const;
      const fact: Fact = { type: "lightning_reported", answer, told: true };
      if (!isFinal(order.state)) {
        await takeAnyway(order.id, fact, null);
        return;
      }
      if (lateEffect(order, fact) === null) return;
      await store.addEvidence({
        orderId: order.id,
        kind: "lightning",
        body: writeLightningEvidence(report),
        receivedAt: clock.now(),
        fromAddress: "engine",
      });
    },
  };
}

/** Evidence counts as seen in the same commit as what it does, also when that is nothing. */
function withSeen(decision: Decision | null, order: Order, seen: number | null): Decision | null {
  if (seen === null) return decision;
  const base: Decision = decision ?? {
    next: { ...order, version: order.version + 1 },
    postings: [],
    keys: [],
    cases: [],
    effects: [],
  };
  return { ...base, next: { ...base.next, evidenceSeen: seen } };
}

function keyKindOf(decision: Decision | null): string {
  return decision?.keys.at(-1)?.kind ?? "key";
}
