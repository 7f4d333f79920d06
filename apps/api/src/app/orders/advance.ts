import type { Decision } from "../../domain/decision.ts";
import type { Fact, LightningReport } from "../../domain/facts.ts";
import { isLateEvidence, judgeLate, lateEffect } from "../../domain/late.ts";
import { decide } from "../../domain/decide.ts";
import { isFinal } from "../../domain/order.ts";
import type { Order } from "../../domain/order.ts";
import { lateEvidenceRetry } from "../../domain/policy.ts";
import { evidenceFact, writeLightningEvidence } from "./evidence.ts";
import { perform } from "./perform.ts";
import type { OrderRails } from "./perform.ts";
import type { Clock, Evidence, OrderStore } from "./ports.ts";

export type AdvanceOptions = OrderRails & {
  readonly store: OrderStore;
  readonly clock: Clock;
  /** Replaces the transition tables in simulations, which prove that a wrong decision is noticed. */
  readonly decide?: typeof decide;
};

export type ApplyResult =
  | { readonly kind: "changed"; readonly order: Order }
  | { readonly kind: "unchanged"; readonly order: Order }
  /** A unique key of the change belongs to another order. Nothing was stored. */
  | { readonly kind: "key_taken"; readonly order: Order }
  | { readonly kind: "not_found" };

export type Advance = {
  /** Decides about a fact, stores the decision, and performs its effects. */
  readonly apply: (orderId: string, fact: Fact) => Promise<ApplyResult>;
  /**
   * Processes new evidence, then takes the step that is due in the order's state. Safe at any time, repeatedly, and in
   * parallel.
   */
  readonly wake: (orderId: string) => Promise<void>;
  /** As `Orders.onPaymentEvent`. */
  readonly onPaymentEvent: (report: LightningReport) => Promise<void>;
};

/** Losing this many compare-and-set races in a row is a bug. */
const maxConflicts = 50;

/** Advances orders: read, decide, compare-and-set, then perform the effects. Safe in several processes at once. */
export function createAdvance(options: AdvanceOptions): Advance {
  const { store, clock } = options;
  const decideFact = options.decide ?? decide;

  /** @param evidenceNumber the evidence that the fact was read from; null if there is none. */
  async function apply(
    orderId: string,
    fact: Fact,
    evidenceNumber: number | null,
  ): Promise<ApplyResult> {
    for (let conflicts = 0; conflicts < maxConflicts; conflicts += 1) {
      const order = await store.find(orderId);
      if (order === null) return { kind: "not_found" };
      const alreadySeen = evidenceNumber !== null && order.evidenceSeen >= evidenceNumber;
      if (isFinal(order.state) || alreadySeen) return { kind: "unchanged", order };
      const now = clock.now();
      const decision = withSeen(decideFact(order, fact, now), order, evidenceNumber);
      if (decision === null) return { kind: "unchanged", order };
      const outcome = await store.commit(order, decision, now);
      if (outcome.kind === "stale") continue;
      if (outcome.kind === "key_taken") return { kind: "key_taken", order };
      await performAll(outcome.order, decision);
      return { kind: "changed", order: outcome.order };
    }
    throw new Error(`The order ${orderId} changed during each of ${maxConflicts} attempts`);
  }

  /** Applies a fact that M-Pesa or the node reported. If a key in it is taken, applies `key_taken` instead. */
  async function applyReported(
    orderId: string,
    fact: Fact,
    evidenceNumber: number | null,
  ): Promise<ApplyResult> {
    const result = await apply(orderId, fact, evidenceNumber);
    if (result.kind !== "key_taken") return result;
    const kind = keyKindOf(decideFact(result.order, fact, clock.now()));
    return apply(orderId, { type: "key_taken", kind }, evidenceNumber);
  }

  async function performAll(order: Order, decision: Decision): Promise<void> {
    for (const effect of decision.effects) {
      const fact = await perform(options, order, effect);
      await applyReported(order.id, fact, null);
    }
  }

  async function applyLate(order: Order, evidence: Evidence, fact: Fact): Promise<void> {
    const effect = lateEffect(order, fact);
    const answer = effect === null ? null : await perform(options, order, effect);
    const now = clock.now();
    const { decision, settled } = judgeLate(order, fact, answer, evidence.receivedAt, now);
    // A case of this code was opened together with its booking; the same evidence may arrive twice.
    const opens = new Set(decision.cases.map(({ code }) => code));
    const alreadyBooked = (await store.cases({ orderId: order.id })).some(({ code }) =>
      opens.has(code),
    );
    const halfAge = (now - evidence.receivedAt) / 2;
    const retryMs = Math.min(lateEvidenceRetry.maxMs, Math.max(lateEvidenceRetry.minMs, halfAge));
    const next: Order = {
      ...decision.next,
      version: order.version + 1,
      evidenceSeen: settled ? evidence.number : order.evidenceSeen,
      wakeAt: settled ? null : now + Math.round(retryMs),
    };
    const booked = alreadyBooked ? { ...decision, postings: [] } : decision;
    const outcome = await store.commit(order, { ...booked, next }, now);
    if (outcome.kind !== "key_taken") return;
    const detail = "Late evidence names a receipt or an STK push of another order.";
    const cases = [...booked.cases, { code: "late_key_taken", detail }];
    await store.commit(order, { ...booked, next, keys: [], postings: [], cases }, now);
  }

  async function processEvidence(orderId: string): Promise<void> {
    for (;;) {
      const order = await store.find(orderId);
      if (order === null || order.evidenceSeen >= order.evidenceCount) return;
      const [evidence] = await store.evidenceAfter(orderId, order.evidenceSeen);
      if (evidence === undefined) return;
      const fact = evidenceFact(options, evidence);
      if (!isFinal(order.state)) {
        await applyReported(orderId, fact, evidence.number);
        continue;
      }
      await applyLate(order, evidence, fact);
      const after = await store.find(orderId);
      // Not settled yet: `wakeAt` says when to try again.
      if ((after?.evidenceSeen ?? 0) <= order.evidenceSeen) return;
    }
  }

  return {
    apply: (orderId, fact) => apply(orderId, fact, null),
    wake: async (orderId) => {
      await processEvidence(orderId);
      await applyReported(orderId, { type: "woken" }, null);
    },
    onPaymentEvent: async (report) => {
      const order = await store.findByPaymentHash(report.paymentHash);
      if (order === null) return;
      const answer = { ok: true, value: report } as const;
      const fact: Fact = { type: "lightning_reported", answer, fromStream: true };
      if (!isFinal(order.state)) {
        await applyReported(order.id, fact, null);
        return;
      }
      if (!isLateEvidence(order, fact)) return;
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

/** Marks evidence as seen in the commit of the decision it caused, or in a commit of its own if it caused none. */
function withSeen(
  decision: Decision | null,
  order: Order,
  evidenceNumber: number | null,
): Decision | null {
  if (evidenceNumber === null) return decision;
  const base: Decision = decision ?? {
    next: { ...order, version: order.version + 1 },
    postings: [],
    keys: [],
    cases: [],
    effects: [],
  };
  return { ...base, next: { ...base.next, evidenceSeen: evidenceNumber } };
}

function keyKindOf(decision: Decision | null): string {
  return decision?.keys.at(-1)?.kind ?? "key";
}
