import { fiat, msat } from "@satsconnect/money";
import type { Decision } from "../domain/decision.ts";
import type { Fact } from "../domain/facts.ts";
import { decide } from "../domain/decide.ts";
import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import type { PayoutRail } from "../app/orders/ports.ts";
import type { Mutation } from "./process.ts";

/*
 * Deliberate bugs in rules: of operators, of what arrives late, of keys and limits, of Daraja's text, and of prices. The
 * ones in `pricingMutations` lose nothing in the books: only the adversary's profit shows them.
 */

const hourMs = 3_600_000;

/** A mutation that changes the decisions about some orders and facts. */
function deciding(change: (decision: Decision, order: Order, fact: Fact) => Decision): Mutation {
  return {
    decide: (order, fact, now) => {
      const decision = decide(order, fact, now);
      return decision === null ? null : change(decision, order, fact);
    },
  };
}

/** A mutation that decides as if the order were another one, and keeps what it really is. */
function seeing(change: (order: Order, fact: Fact) => Order, keep: keyof Order): Mutation {
  return {
    decide: (order, fact, now) => {
      const decision = decide(change(order, fact), fact, now);
      if (decision === null) return null;
      const next = { ...decision.next, [keep]: order[keep] } as Order;
      return { ...decision, next };
    },
  };
}

/** A mutation that reads other bytes than M-Pesa sent. */
function reading(change: (body: string) => string): Mutation {
  const payouts = (rail: PayoutRail): PayoutRail => ({
    ...rail,
    readResult: (body) => rail.readResult(change(body)),
    readStatusResult: (body) => rail.readStatusResult(change(body)),
  });
  return {
    payouts,
    stk: (rail) => ({ ...rail, readCallback: (body) => rail.readCallback(change(body)) }),
  };
}

export const ruleMutations: Readonly<Record<string, Mutation>> = {
  "takes no receipt as a key": {
    ...deciding((decision) => ({
      ...decision,
      keys: decision.keys.filter(({ kind }) => kind !== "mpesa_receipt"),
    })),
    faults: { callbackForged: 1, callbackLost: 0.8, operatorErrs: 0 },
  },
  "opens a case for a late payment, but does not book it": {
    ...deciding((decision, order, fact) =>
      isFinal(order.state) && fact.type !== "operator_acted"
        ? { ...decision, postings: [] }
        : decision,
    ),
    faults: { lateSuccess: 0.9 },
  },
  "takes a sell that was paid 10 sat too little": {
    ...seeing(
      (order) =>
        order.kind === "sell"
          ? {
              ...order,
              terms: { ...order.terms, amountMsat: msat(order.terms.amountMsat - 10_000n) },
            }
          : order,
      "terms",
    ),
    onlyAdversary: true,
  },
  "pays up to 30 % for a route": {
    lightning: (port) => ({
      ...port,
      pay: (request) => port.pay({ ...request, maxFeeMsat: msat((request.amountMsat * 3n) / 10n) }),
    }),
  },
  "lets an operator give back more than there is": {
    ...seeing((order, fact) => {
      if (fact.type !== "operator_acted") return order;
      const suspenseKesCents = fiat("KES", order.caseFile.suspenseKesCents + 100_000_000n);
      return { ...order, caseFile: { ...order.caseFile, suspenseKesCents } };
    }, "id"),
    faults: { operatorErrs: 0.5 },
  },
  "reads the result code of every payout as 0": {
    ...reading((body) => body.replace(/"ResultCode":\s*"?\w+"?/, '"ResultCode":0')),
    faults: { payoutFails: 0.5, callbackLost: 0 },
  },
  "takes the status query's own result for the payment's": {
    ...reading((body) =>
      body.replace(/Cancelled|Declined|Expired|Authorized|Initiated/, "Completed"),
    ),
    faults: { payoutFails: 0.5, callbackLost: 0.9 },
  },
};

export const pricingMutations: Readonly<Record<string, Mutation>> = {
  "pays for a sell that was paid six hours late": {
    ...seeing(
      (order) =>
        order.kind === "sell" ? { ...order, payBy: order.createdAt + 6 * hourMs } : order,
      "id",
    ),
    lightning: (port) => ({
      ...port,
      newHoldInvoice: (request) => port.newHoldInvoice({ ...request, expirySeconds: 6 * 3_600 }),
    }),
  },
  "keeps a buy's price for six hours": {
    store: (store) => ({
      ...store,
      findQuote: async (walletId, quoteId) => {
        const quote = await store.findQuote(walletId, quoteId);
        return quote === null ? null : { ...quote, expiresAt: quote.expiresAt + 6 * hourMs };
      },
    }),
  },
  "checks a new price against the old one": {
    decide: (order, fact, now) =>
      decide(
        order,
        fact.type === "priced" && fact.answer.ok
          ? {
              ...fact,
              answer: { ok: true, value: { ...fact.answer.value, rate: order.terms.rate } },
            }
          : fact,
        now,
      ),
  },
  "refunds a payment that was held back in full": deciding((decision) => ({
    ...decision,
    next: decision.next.kind === "buy" ? { ...decision.next, heldBack: false } : decision.next,
  })),
  "quotes the price of ten minutes ago": {
    market: (market) => ({ ...market, fed: (now) => market.fed(now - hourMs / 6) }),
  },
};
