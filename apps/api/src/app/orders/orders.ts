import { err, nairobiMidnight, ok } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";
import { isFinal } from "../../domain/order.ts";
import type { BuyOrder, Order, OrderKind, OrderState, SellOrder } from "../../domain/order.ts";
import { newPayout } from "../../domain/payout.ts";
import { payoutCharge } from "../../domain/quote.ts";
import { payoutReserved } from "../../domain/sell/postings.ts";
import type { OperatorSettings } from "../../domain/operator-settings.ts";
import { orderLimits } from "../../domain/order-limits.ts";
import { orderTimes, sweep } from "../../domain/policy.ts";
import type { InvoiceNetwork } from "../../domain/bolt11.ts";
import { createAdvance } from "./advance.ts";
import type { AdvanceOptions, ApplyResult } from "./advance.ts";
import { findOwnOrder } from "./order-access.ts";
import { checkOwnInvoice } from "./own-invoice.ts";
import type { InvoiceReader } from "./own-invoice.ts";
import type { Quote } from "../../domain/quote.ts";
import type { Ids, RateSource, Waker } from "./ports.ts";
import { liquidityExhausted, createQuoteMaker } from "./quotes.ts";
import type { Orders, QuoteTermsError } from "./use-cases.ts";

export type OrdersOptions = AdvanceOptions & {
  readonly ids: Ids;
  readonly rates: RateSource;
  readonly waker: Waker;
  readonly network: InvoiceNetwork;
  readonly readInvoice: InvoiceReader;
  readonly settings: OperatorSettings;
  /** Whether STK pushes pay into the shortcode that makes the payouts; false by default. */
  readonly sharedShortcode?: boolean;
  /** Called when the sweeper fails to wake an order: a bug or a lost database. The sweeper retries after the lease. */
  readonly onError: (error: unknown, orderId: string) => void;
};

export function createOrders(options: OrdersOptions): Orders {
  const { store, clock, ids, lightning, waker, readInvoice, network, settings, onError } = options;
  const advance = createAdvance(options);

  function dailyLimit(kind: OrderKind): { since: number; max: Fiat<"KES"> } {
    const now = clock.now();
    return {
      since: nairobiMidnight(now),
      max: orderLimits(kind, now, settings.limits).dailyMax,
    };
  }

  async function usableQuote(
    walletId: string,
    quoteId: string,
    kind: OrderKind,
  ): Promise<Result<Quote, QuoteTermsError | "quote_not_found" | "quote_used">> {
    const quote = await store.findQuote(walletId, quoteId);
    if (quote === null) return err("quote_not_found", "This wallet has no such quote.", "never");
    if (quote.kind !== kind) {
      return err(
        "quote_kind_mismatch",
        `This quote is for a ${quote.kind}. Ask for a quote to ${kind}.`,
        "never",
      );
    }
    if (quote.orderId !== null) {
      return err(
        "quote_used",
        "This quote was used for another order. Ask for a new one.",
        "never",
      );
    }
    if (clock.now() >= quote.expiresAt) {
      return err(
        "quote_expired",
        `The quote expired at ${new Date(quote.expiresAt).toISOString()}. Ask for a new one.`,
        "never",
      );
    }
    return ok(quote);
  }

  async function wakeOrReport(orderId: string): Promise<void> {
    try {
      await advance.wake(orderId);
    } catch (error) {
      onError(error, orderId);
    }
  }

  return {
    createQuote: createQuoteMaker(options),
    findQuote: store.findQuote,

    openBuy: async ({ walletId, nodeId, orderId, quoteId, msisdn, invoice }) => {
      const existing = await findOwnOrder(store, walletId, orderId);
      if (existing !== null) return ok(existing);
      await clock.refresh?.();
      const quote = await usableQuote(walletId, quoteId, "buy");
      if (!quote.ok) return quote;
      const { terms } = quote.value;
      const now = clock.now();
      const decoded = checkOwnInvoice(readInvoice, invoice, {
        network,
        nodeId,
        amountMsat: terms.amountMsat,
        now,
        minValidityMs: orderTimes.minInvoiceValidityMs,
      });
      if (!decoded.ok) return decoded;
      const spendable = await lightning.spendableMsat();
      if (spendable.ok && spendable.value < terms.amountMsat) return liquidityExhausted();
      const refundCharge = payoutCharge(terms.amountKesCents, now);
      if (!refundCharge.ok) throw new Error("A quote exceeds M-Pesa's limits");
      const payout = newPayout(ids.payoutId(), msisdn, terms.amountKesCents);
      const { paymentHash, expiresAt } = decoded.value;
      const order: BuyOrder = {
        id: orderId,
        kind: "buy",
        walletId,
        nodeId,
        quoteId,
        terms,
        msisdn,
        state: "stk_requested",
        version: 1,
        reason: null,
        createdAt: now,
        updatedAt: now,
        deadlineAt: now + orderTimes.promptLateSuccessMs,
        wakeAt: now,
        evidenceCount: 0,
        evidenceSeen: 0,
        mpesaReceipt: null,
        payoutFeeKesCents: refundCharge.value,
        collectedIn: options.sharedShortcode === true ? "mpesa_available" : "mpesa_collections",
        credit: "none",
        prompt: {
          status: "intended",
          accountReference: ids.accountReference(),
          sends: 0,
          checkoutRequestId: null,
          polls: 0,
          lateUntil: now + orderTimes.promptLateSuccessMs,
          callback: null,
          lastAnswer: null,
          dueAt: now,
        },
        lightning: {
          number: 1,
          invoice,
          paymentHash,
          amountMsat: terms.amountMsat,
          invoiceExpiresAt: expiresAt,
          earlierHashes: [],
          polls: 0,
          dueAt: now,
        },
        payout,
      };
      const opened = await store.open(order, {
        postings: [],
        keys: [
          { kind: "payment_hash", value: paymentHash },
          { kind: "originator_conversation_id", value: payout.originatorConversationId },
        ],
        dailyLimit: dailyLimit("buy"),
      });
      if (opened.ok) {
        waker.wake(orderId);
        return opened;
      }
      const { code, message, retry } = opened.error;
      return code === "payment_hash_used"
        ? err("invoice_already_used", message, retry)
        : err(code, message, retry);
    },

    openSell: async ({ walletId, nodeId, orderId, quoteId, msisdn }) => {
      const existing = await findOwnOrder(store, walletId, orderId);
      if (existing !== null) return ok(existing);
      await clock.refresh?.();
      const quote = await usableQuote(walletId, quoteId, "sell");
      if (!quote.ok) return quote;
      const { terms, expiresAt } = quote.value;
      if (quote.value.msisdn !== msisdn) {
        return err(
          "quote_recipient_mismatch",
          "The quote is for another recipient. Ask for a quote for this number.",
          "never",
        );
      }
      const now = clock.now();
      const charge = payoutCharge(terms.amountKesCents, now);
      if (!charge.ok) throw new Error("A quote exceeds M-Pesa's limits");
      const payout = newPayout(ids.payoutId(), msisdn, terms.amountKesCents);
      const payBy = Math.max(expiresAt, now + orderTimes.minPayTimeMs);
      const order: SellOrder = {
        id: orderId,
        kind: "sell",
        walletId,
        nodeId,
        quoteId,
        terms,
        msisdn,
        state: "invoice_open",
        version: 1,
        reason: null,
        createdAt: now,
        updatedAt: now,
        deadlineAt: payBy + orderTimes.invoiceGraceMs,
        wakeAt: now,
        evidenceCount: 0,
        evidenceSeen: 0,
        mpesaReceipt: null,
        payoutFeeKesCents: charge.value,
        payBy,
        held: null,
        dueAt: now,
        lookAt: now,
        payout,
        lightning: null,
      };
      const opened = await store.open(order, {
        postings: [payoutReserved(order)],
        keys: [{ kind: "originator_conversation_id", value: payout.originatorConversationId }],
        dailyLimit: dailyLimit("sell"),
      });
      if (!opened.ok) {
        const { code, message, retry } = opened.error;
        if (code === "payment_hash_used") throw new Error("A new payout id is already in use");
        return err(code, message, retry);
      }
      // The holder waits for the invoice. If the node does not answer, the sweeper retries.
      await advance.wake(orderId);
      return ok((await store.find(orderId)) ?? opened.value);
    },

    attachInvoice: async ({ walletId, nodeId, orderId, invoice }) => {
      const order = await findOwnOrder(store, walletId, orderId);
      if (order === null) return notFound();
      const amountMsat =
        order.kind === "sell"
          ? (order.held?.receivedMsat ?? order.terms.amountMsat)
          : order.terms.amountMsat;
      const decoded = checkOwnInvoice(readInvoice, invoice, {
        network,
        nodeId,
        amountMsat,
        now: clock.now(),
        minValidityMs: orderTimes.callTimeoutMs,
      });
      if (!decoded.ok) return decoded;
      const { paymentHash, expiresAt } = decoded.value;
      const { lightning: lastAttempt } = order;
      const awaitsInvoice = order.state === "invoice_needed" || order.state === "owed";
      if (lastAttempt?.paymentHash === paymentHash && !awaitsInvoice) return ok(order);
      if (
        lastAttempt?.paymentHash === paymentHash ||
        lastAttempt?.earlierHashes.includes(paymentHash)
      ) {
        return usedBefore();
      }
      const applied = await advance.apply(orderId, {
        type: "invoice_attached",
        invoice,
        paymentHash,
        invoiceExpiresAt: expiresAt,
      });
      if (applied.kind === "key_taken") return usedBefore();
      if (applied.kind !== "changed") return conflict(stateAfter(applied, order));
      return ok((await store.find(orderId)) ?? applied.order);
    },

    cancel: async ({ walletId, orderId }) => {
      const order = await findOwnOrder(store, walletId, orderId);
      if (order === null) return notFound();
      if (order.state === "cancelled") return ok(order);
      const applied = await advance.apply(orderId, { type: "holder_cancelled" });
      if (applied.kind !== "changed") return conflict(stateAfter(applied, order));
      return ok((await store.find(orderId)) ?? applied.order);
    },

    find: (walletId, orderId) => findOwnOrder(store, walletId, orderId),
    list: store.list,
    wake: advance.wake,

    receiveEvidence: async (evidence) => {
      if (await store.addEvidence(evidence)) waker.wake(evidence.orderId);
    },

    onPaymentEvent: advance.onPaymentEvent,

    onBlock: async (height) => {
      const { maxOrders, leaseMs } = sweep;
      for (const id of await store.dueAtHeight(height, clock.now(), maxOrders, leaseMs)) {
        try {
          await advance.apply(id, { type: "block_arrived", height });
        } catch (error) {
          onError(error, id);
        }
      }
    },

    sweep: async (lane) => {
      await clock.refresh?.();
      const due = await store.due(clock.now(), sweep.maxOrders, sweep.leaseMs, lane);
      const queue = [...due];
      const workers = Array.from(
        { length: Math.min(sweep.concurrency, queue.length) },
        async () => {
          for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
            await wakeOrReport(id);
          }
        },
      );
      await Promise.all(workers);
      return due.length;
    },

    resolve: async ({ orderId, resolution, by }) => {
      const order = await store.find(orderId);
      if (order === null) return notFound();
      if (isFinal(order.state)) return conflict(order.state);
      const applied = await advance.apply(orderId, {
        type: "operator_resolved",
        resolution,
        payoutId: ids.payoutId(),
        by,
      });
      return applied.kind === "changed" ? ok(applied.order) : conflict(stateAfter(applied, order));
    },
  };
}

/** The state that refused the fact. */
function stateAfter(result: ApplyResult, before: Order): OrderState {
  return result.kind === "not_found" ? before.state : result.order.state;
}

function notFound() {
  return err("order_not_found", "This wallet has no such order.", "never");
}

function usedBefore() {
  return err("invoice_already_used", "This invoice was used before. Make a new one.", "never");
}

function conflict(state: OrderState) {
  return err("order_state_conflict", `The order is ${state}, which does not allow this.`, "never");
}
