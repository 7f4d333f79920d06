import { ok } from "@satsconnect/money";
import type { Decision } from "../domain/decision.ts";
import type { Fact } from "../domain/facts.ts";
import { decide } from "../domain/decide.ts";
import type { Order } from "../domain/order.ts";
import type { Lightning } from "../app/orders/ports.ts";
import type { Mutation } from "./process.ts";

/** A mutation that replaces facts before the transition tables decide about them. */
function withFacts(change: (fact: Fact, order: Order) => Fact): Mutation {
  return { decide: (order, fact, now) => decide(order, change(fact, order), now) };
}

/** A mutation that replaces the decisions of the transition tables before they are stored. */
function withDecisions(change: (decision: Decision, now: number) => Decision): Mutation {
  return {
    decide: (order, fact, now) => {
      const decision = decide(order, fact, now);
      return decision === null ? null : change(decision, now);
    },
  };
}

let serial = 0;
function newId(): string {
  serial += 1;
  return `MUTANT${serial}`;
}

/** Deliberate bugs, each named by what it does wrong. The simulation must notice every one of them. */
export const mutations: Readonly<Record<string, Mutation>> = {
  "treats an unanswered payout request as refused": withFacts((fact) =>
    fact.type === "payout_answered" && !fact.answer.ok
      ? { ...fact, answer: { ...fact.answer, retry: "never" } }
      : fact,
  ),
  "treats a queue timeout as a failed payout": withFacts((fact, order) =>
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
  "treats a payout that M-Pesa does not find as failed": withFacts((fact) =>
    fact.type === "status_resulted" && fact.result.status === "not_found"
      ? { ...fact, result: { ...fact.result, status: "failed" } }
      : fact,
  ),
  "trusts a payout result that names an unknown conversation": withFacts((fact, order) =>
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
  "sends every payout request with a new OriginatorConversationID": {
    payouts: (rail) => ({
      ...rail,
      send: (request) => rail.send({ ...request, originatorConversationId: newId() }),
    }),
  },
  "trusts an STK push callback without querying M-Pesa": withFacts((fact) =>
    fact.type === "prompt_called_back" && fact.callback.succeeded
      ? { type: "prompt_query_answered", answer: { ok: true, value: { status: "succeeded" } } }
      : fact,
  ),
  "treats a pending STK push as paid": withFacts((fact) =>
    fact.type === "prompt_query_answered" &&
    fact.answer.ok &&
    fact.answer.value.status === "pending"
      ? { ...fact, answer: { ok: true, value: { status: "succeeded" } } }
      : fact,
  ),
  "treats an STK push that nobody answered as failed": withFacts((fact) =>
    fact.type === "prompt_query_answered" &&
    fact.answer.ok &&
    fact.answer.value.status === "unanswered"
      ? { ...fact, answer: { ok: true, value: { ...fact.answer.value, status: "failed" } } }
      : fact,
  ),
  "takes the refusal of a repeated payment call as proof that nothing was sent": {
    decide: (order, fact, now) =>
      decide(
        order.lightning === null
          ? order
          : { ...order, lightning: { ...order.lightning, polls: 1 } },
        fact,
        now,
      ),
    lightning: (port) => {
      const refused = new Map<string, Awaited<ReturnType<Lightning["pay"]>>>();
      return {
        ...port,
        pay: async (request) => {
          const answer = await port.pay(request);
          refused.set(request.invoice.slice("wallet-".length), answer);
          return answer;
        },
        status: async (paymentHash) => refused.get(paymentHash) ?? port.status(paymentHash),
      };
    },
  },
  "treats an unanswered call to the Lightning node as refused": withFacts((fact) =>
    fact.type === "lightning_reported" && !fact.answer.ok
      ? { ...fact, answer: { ...fact.answer, retry: "never" } }
      : fact,
  ),
  "sends every Lightning payment request with a new idempotency key": {
    lightning: (port) => ({
      ...port,
      pay: (request) =>
        port.pay({ ...request, idempotencyKey: `${request.idempotencyKey}:${newId()}` }),
    }),
  },
  "ignores the chain tip of a held payment, so that its deadline never seems near": {
    ...withFacts((fact) => {
      if (fact.type === "block_arrived") return { ...fact, height: 0 };
      return fact.type === "lightning_reported" &&
        fact.answer.ok &&
        fact.answer.value?.state === "held"
        ? { ...fact, answer: { ok: true, value: { ...fact.answer.value, tipHeight: 0 } } }
        : fact;
    }),
    faults: { mpesaOutage: 0.3, crash: 0, engineDown: 0 },
  },
  "never queries a held payment again before it sends the payout": {
    ...withDecisions((decision) => {
      const { next } = decision;
      if (next.kind !== "sell" || next.held === null) return decision;
      const held = { ...next.held, seenAt: Date.UTC(2030, 0, 1) };
      return { ...decision, next: { ...next, held, lookAt: held.seenAt } };
    }),
    faults: { engineForgets: 0.5, throttled: 0.5, refused: 0 },
  },
  "claims a held payment as soon as M-Pesa accepts the payout request": withDecisions(
    (decision) => {
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
    },
  ),
  "decides by the clock of its own process": { clock: (own) => ({ now: own }) },
  "pays out although the chain cannot be relied upon": {
    lightning: (port) => ({
      ...port,
      tip: async () => {
        const tip = await port.tip();
        return tip.ok ? ok({ ...tip.value, reliable: true }) : tip;
      },
    }),
  },
  "sets the wake-up and the deadline of every order to the year 2030": withDecisions((decision) => {
    const never = Date.UTC(2030, 0, 1);
    return { ...decision, next: { ...decision.next, wakeAt: never, deadlineAt: never } };
  }),
  "drops the posting of a paid refund": withDecisions((decision) => ({
    ...decision,
    postings: decision.postings.filter(({ kind }) => !kind.startsWith("refund_paid")),
  })),
  "drops the first entry of every posting": withDecisions((decision) => ({
    ...decision,
    postings: decision.postings.map((posting) => ({
      ...posting,
      entries: posting.entries.slice(1),
    })),
  })),
  "treats an unanswered request for a reversal as refused": withFacts((fact) =>
    fact.type === "reversal_answered" && !fact.answer.ok
      ? { ...fact, answer: { ...fact.answer, retry: "never" } }
      : fact,
  ),
  "drops the posting of a reversed refund": withDecisions((decision) => ({
    ...decision,
    postings: decision.postings.filter(({ kind }) => !kind.startsWith("refund_reversed")),
  })),
  "forgets the payments that it has booked": withDecisions((decision) => ({
    ...decision,
    next: { ...decision.next, caseFile: { ...decision.next.caseFile, payments: [] } },
  })),
  "overwrites an order that has changed since it was read": {
    store: (store) => ({
      ...store,
      commit: async (order, decision, now) => {
        const current = await store.find(order.id);
        return store.commit(current ?? order, decision, now);
      },
    }),
  },
  "stores every change without its postings": {
    store: (store) => ({
      ...store,
      commit: (order, decision, now) => store.commit(order, { ...decision, postings: [] }, now),
    }),
  },
};
