import type { Decision } from "../domain/decision.ts";
import type { Fact } from "../domain/facts.ts";
import { decide } from "../domain/decide.ts";
import type { Order } from "../domain/order.ts";
import type { Mutation } from "./process.ts";

/** Replaces facts before the tables see them. */
function withFacts(change: (fact: Fact, order: Order) => Fact): Mutation {
  return { decide: (order, fact, now) => decide(order, change(fact, order), now) };
}

function withDecisions(change: (decision: Decision, now: number) => Decision): Mutation {
  return {
    decide: (order, fact, now) => {
      const decision = decide(order, fact, now);
      return decision === null ? null : change(decision, now);
    },
  };
}

let serial = 0;
function fresh(): string {
  serial += 1;
  return `MUTANT${serial}`;
}

/** Bugs that have cost others money. The simulation must notice each of them. */
export const mutations: Readonly<Record<string, Mutation>> = {
  "an unanswered payout counts as failed": withFacts((fact) =>
    fact.type === "payout_answered" && !fact.answer.ok
      ? { ...fact, answer: { ...fact.answer, retry: "never" } }
      : fact,
  ),
  "a queue timeout counts as a failure": withFacts((fact, order) =>
    fact.type === "payout_timed_out"
      ? {
          type: "payout_resulted",
          result: {
            conversationId: order.payout.conversationIds[0] ?? "",
            originatorConversationId: null,
            status: "failed",
            code: "timeout",
            amountKesCents: null,
            receipt: null,
            msisdn: null,
          },
        }
      : fact,
  ),
  "a payout that M-Pesa does not find yet counts as failed": withFacts((fact) =>
    fact.type === "status_resulted" && fact.result.status === "not_found"
      ? { ...fact, result: { ...fact.result, status: "failed" } }
      : fact,
  ),
  "a result is trusted although it names an unknown conversation": withFacts((fact, order) =>
    fact.type === "payout_resulted"
      ? {
          ...fact,
          result: {
            ...fact.result,
            conversationId: order.payout.conversationIds[0] ?? fact.result.conversationId,
          },
        }
      : fact,
  ),
  "a payout is resent with another id": {
    payouts: (rail) => ({
      ...rail,
      send: (request) => rail.send({ ...request, originatorConversationId: fresh() }),
    }),
  },
  "a callback is trusted without a query": withFacts((fact) =>
    fact.type === "prompt_called_back" && fact.callback.succeeded
      ? { type: "prompt_query_answered", answer: { ok: true, value: { status: "succeeded" } } }
      : fact,
  ),
  "a pending STK push counts as paid": withFacts((fact) =>
    fact.type === "prompt_query_answered" &&
    fact.answer.ok &&
    fact.answer.value.status === "pending"
      ? { ...fact, answer: { ok: true, value: { status: "succeeded" } } }
      : fact,
  ),
  "an unanswered Lightning payment counts as failed": withFacts((fact) =>
    fact.type === "lightning_reported" && !fact.answer.ok
      ? { ...fact, answer: { ...fact.answer, retry: "never" } }
      : fact,
  ),
  "a Lightning payment is retried with another key": {
    lightning: (port) => ({
      ...port,
      pay: (request) =>
        port.pay({ ...request, idempotencyKey: `${request.idempotencyKey}:${fresh()}` }),
    }),
  },
  "a payment is not claimed when its deadline is near": withFacts((fact) =>
    fact.type === "lightning_reported" && fact.answer.ok && fact.answer.value?.state === "held"
      ? { ...fact, answer: { ok: true, value: { ...fact.answer.value, tipHeight: 0 } } }
      : fact,
  ),
  "a payout is sent on an old report about the payment": withDecisions((decision) => {
    const { next } = decision;
    if (next.kind !== "sell" || next.held === null) return decision;
    const held = { ...next.held, seenAt: Date.UTC(2030, 0, 1) };
    return { ...decision, next: { ...next, held, lookAt: held.seenAt } };
  }),
  "a held payment is claimed once the payout is accepted": withDecisions((decision) => {
    const { next } = decision;
    return next.kind === "sell" && next.held !== null && next.payout.status === "accepted"
      ? {
          ...decision,
          effects: [
            ...decision.effects,
            { type: "claim_payment", paymentHash: next.held.paymentHash },
          ],
        }
      : decision;
  }),
  "a state has no wake-up": withDecisions((decision) => {
    const never = Date.UTC(2030, 0, 1);
    return { ...decision, next: { ...decision.next, wakeAt: never, deadlineAt: never } };
  }),
  "a posting is missing": withDecisions((decision) => ({
    ...decision,
    postings: decision.postings.filter(({ kind }) => kind !== "refund_paid"),
  })),
  "half of a posting is missing": withDecisions((decision) => ({
    ...decision,
    postings: decision.postings.map((posting) => ({
      ...posting,
      entries: posting.entries.slice(1),
    })),
  })),
  "the last write wins": {
    store: (store) => ({
      ...store,
      commit: async (order, decision, now) => {
        const current = await store.find(order.id);
        return store.commit(current ?? order, decision, now);
      },
    }),
  },
  "a change is stored without its ledger entries": {
    store: (store) => ({
      ...store,
      commit: (order, decision, now) => store.commit(order, { ...decision, postings: [] }, now),
    }),
  },
};
