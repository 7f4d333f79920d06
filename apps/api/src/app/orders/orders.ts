import { err, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { BuyOrder, Order, OrderKind, OrderState, SellOrder } from "../../domain/order.ts";
import { newPayout } from "../../domain/payout.ts";
import { payoutCharge } from "../../domain/quote.ts";
import type { OperatorSettings } from "../../domain/operator-settings.ts";
import { orderLimits } from "../../domain/order-limits.ts";
import { orderTimes, promptCodeLength, sweep } from "../../domain/policy.ts";
import { priceFor } from "../../domain/buy/offer.ts";
import type { LimitQuery } from "../../domain/trade-limits.ts";
import type { InvoiceNetwork } from "../../domain/bolt11.ts";
import { emptyCaseFile } from "../../domain/case-file.ts";
import { createActs } from "./create-acts.ts";
import { createAdvance } from "./advance.ts";
import type { AdvanceOptions, ApplyResult } from "./advance.ts";
import { findOwnOrder } from "./order-access.ts";
import { checkOwnInvoice } from "./own-invoice.ts";
import type { InvoiceReader } from "./own-invoice.ts";
import type { Quote } from "../../domain/quote.ts";
import type { Ids, RateSource, Waker } from "./ports.ts";
import { createPrices } from "./prices.ts";
import { admitBuy, createQuoteMaker, floatExhausted } from "./quotes.ts";
import type { QuoteOptions } from "./quotes.ts";
import type { Orders, QuoteTermsError } from "./use-cases.ts";

export type OrdersOptions = Omit<AdvanceOptions, "prices"> & {
  readonly allowNameLookup: QuoteOptions["allowNameLookup"];
  readonly countFactor?: number;
  readonly ids: Ids;
  readonly rates: RateSource;
  readonly waker: Waker;
  readonly network: InvoiceNetwork;
  readonly readInvoice: InvoiceReader;
  readonly settings: OperatorSettings;
  /** Whether STK pushes pay into the shortcode that makes the payouts; false by default. */
  readonly sharedShortcode?: boolean;
};

export function createOrders(options: OrdersOptions): Orders {
  const { store, clock, ids, lightning, waker, readInvoice, network, settings, onError } = options;
  const prices = createPrices(options);
  const advance = createAdvance({ ...options, prices });

  function tradeLimits(kind: OrderKind): Pick<LimitQuery, "at" | "railDailyMax" | "countFactor"> {
    const at = clock.now();
    const { countFactor = 1 } = options;
    return { at, railDailyMax: orderLimits(kind, at, settings.limits).dailyMax, countFactor };
  }

  /** The amount that a fresh invoice must have; null if no price for the invoice's own amount is valid. */
  function expectedAmount(order: Order, invoiceMsat: Msat | null): Msat | null {
    if (order.kind === "sell") return order.held?.receivedMsat ?? order.terms.amountMsat;
    if (order.state !== "invoice_needed") return order.lightning.amountMsat;
    const now = clock.now();
    if (invoiceMsat !== null && priceFor(order, invoiceMsat, now) !== null) return invoiceMsat;
    return now < order.priceUntil ? order.terms.amountMsat : null;
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
    createQuote: createQuoteMaker({ ...options, prices }),
    findQuote: store.findQuote,

    openBuy: async ({ walletId, nodeId, deviceId = null, orderId, quoteId, msisdn, invoice }) => {
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
      const admitted = await admitBuy(lightning, nodeId, terms.amountMsat);
      if (!admitted.ok) return admitted;
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
        deviceId,
        terms,
        msisdn,
        priceUntil: quote.value.expiresAt,
        offer: null,
        channelOpened: false,
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
        caseFile: emptyCaseFile,
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
        limits: tradeLimits("buy"),
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

    openSell: async ({ walletId, nodeId, deviceId = null, orderId, quoteId, msisdn }) => {
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
      if (expiresAt < now + orderTimes.minPayTimeMs) {
        return err(
          "quote_expired",
          "The quote expires too soon to pay its invoice. Ask for a new one.",
          "never",
        );
      }
      if ((await store.availableFloat()) < terms.amountKesCents) return floatExhausted();
      const charge = payoutCharge(terms.amountKesCents, now);
      if (!charge.ok) throw new Error("A quote exceeds M-Pesa's limits");
      const payout = newPayout(ids.payoutId(), msisdn, terms.amountKesCents);
      const payBy = expiresAt;
      const order: SellOrder = {
        id: orderId,
        kind: "sell",
        walletId,
        nodeId,
        quoteId,
        deviceId,
        terms,
        msisdn,
        floatReserved: false,
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
        caseFile: emptyCaseFile,
        payoutFeeKesCents: charge.value,
        payBy,
        held: null,
        dueAt: now,
        lookAt: now,
        payout,
        lightning: null,
      };
      const opened = await store.open(order, {
        postings: [],
        keys: [{ kind: "originator_conversation_id", value: payout.originatorConversationId }],
        limits: tradeLimits("sell"),
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
      let order = await findOwnOrder(store, walletId, orderId);
      if (order === null) return notFound();
      const read = readInvoice(invoice);
      if (!read.ok) return read;
      let amountMsat = expectedAmount(order, read.value.amountMsat);
      if (amountMsat === null) {
        // A wallet that has asked for no price yet offers an invoice for the promised amount.
        await advance.apply(orderId, { type: "price_requested" });
        order = (await store.find(orderId)) ?? order;
        amountMsat = expectedAmount(order, read.value.amountMsat);
      }
      if (amountMsat === null) return priceExpired();
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
        amountMsat,
        invoiceExpiresAt: expiresAt,
      });
      if (applied.kind === "key_taken") return usedBefore();
      if (applied.kind !== "changed") return conflict(stateAfter(applied, order));
      return ok((await store.find(orderId)) ?? applied.order);
    },

    requestPrice: async ({ walletId, orderId }) => {
      const order = await findOwnOrder(store, walletId, orderId);
      if (order === null) return notFound();
      const applied = await advance.apply(orderId, { type: "price_requested" });
      if (applied.kind !== "changed") return conflict(stateAfter(applied, order));
      const priced = (await store.find(orderId)) ?? applied.order;
      if (priced.kind !== "buy" || priced.state !== "invoice_needed") return conflict(priced.state);
      if (priced.offer !== null && clock.now() < priced.offer.expiresAt) return ok(priced);
      const price = await prices.current("buy");
      return price.ok ? tooSmallNow() : price;
    },

    limits: async ({ walletId, deviceId = null }) => {
      const of = (kind: OrderKind) =>
        store.limits({ walletId, deviceId, msisdn: null, kind, ...tradeLimits(kind) });
      const [buy, sell] = await Promise.all([of("buy"), of("sell")]);
      return { buy, sell };
    },

    proveNumber: async ({ walletId, msisdn, code }) => {
      const now = clock.now();
      const since = now - orderTimes.promptCodeMs;
      const references = await store.promptReferences(walletId, msisdn, since);
      const given = code.toUpperCase().padStart(promptCodeLength, " ");
      if (!references.some((reference) => reference.endsWith(given))) {
        return err(
          "number_code_wrong",
          "No prompt of this wallet to this number in the last day had this code.",
          "never",
        );
      }
      await store.proveNumber(walletId, msisdn, now);
      return ok(undefined);
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

    ...createActs(options, advance),
  };
}

/** The state that refused the fact. */
function stateAfter(result: ApplyResult, before: Order): OrderState {
  return result.kind === "not_found" ? before.state : result.order.state;
}

function notFound() {
  return err("order_not_found", "This wallet has no such order.", "never");
}

function priceExpired() {
  return err(
    "price_expired",
    "The price has changed since. Ask for the new one, and give an invoice for its amount.",
    "never",
  );
}

function tooSmallNow() {
  return err(
    "amount_below_minimum",
    "At the current price the amount does not cover the fees. Cancel the order to be refunded.",
    "never",
  );
}

function usedBefore() {
  return err("invoice_already_used", "This invoice was used before. Make a new one.", "never");
}

function conflict(state: OrderState) {
  return err("order_state_conflict", `The order is ${state}, which does not allow this.`, "never");
}
