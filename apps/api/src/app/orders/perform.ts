import { maxRoutingFee } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Effect } from "../../domain/effects.ts";
import type { Answer, Fact, LightningReport } from "../../domain/facts.ts";
import { mustQueryStatus } from "../../domain/lightning-proof.ts";
import type { Order } from "../../domain/order.ts";
import { holdBlocks } from "../../domain/policy.ts";
import type { Stops } from "../../domain/stops.ts";
import type { Lightning, PayoutRail, ReversalRail, StkRail } from "./ports.ts";
import type { Prices } from "./prices.ts";
import { activePayout, stoppedEffect } from "./stopped-effects.ts";

/** The systems that effects call. */
export type OrderRails = {
  readonly lightning: Lightning;
  readonly stk: StkRail;
  readonly payouts: PayoutRail;
  readonly prices: Prices;
  readonly reversals: ReversalRail;
  /** The operator's stops, read before each effect. */
  readonly settings: { readonly stops: Stops };
};

/** Makes an effect's call and returns its answer as a fact. */
export async function perform(
  { lightning, stk, payouts, reversals, prices, settings }: OrderRails,
  order: Order,
  effect: Effect,
): Promise<Fact> {
  const stopped = stoppedEffect(settings.stops, order, effect);
  switch (effect.type) {
    case "continue":
      return { type: "woken" };
    case "fetch_price": {
      const price = await prices.current("buy");
      return { type: "priced", answer: toAnswer(price) };
    }
    case "push_prompt": {
      if (order.kind !== "buy") throw new Error("Only a buy has an STK push");
      if (stopped !== null && stopped !== "query") {
        return { type: "prompt_answered", answer: refused(stopped) };
      }
      const answer = await stk.push({
        orderId: order.id,
        msisdn: order.msisdn,
        amountKesCents: order.terms.amountKesCents,
        accountReference: order.prompt.accountReference,
      });
      return { type: "prompt_answered", answer: toAnswer(answer) };
    }
    case "query_prompt": {
      const answer = await stk.query(effect.checkoutRequestId);
      return { type: "prompt_query_answered", answer: toAnswer(answer) };
    }
    case "make_invoice": {
      if (order.kind !== "sell") throw new Error("Only a sell has a hold invoice");
      const answer = await lightning.newHoldInvoice({
        orderId: order.id,
        walletId: order.walletId,
        amountMsat: order.terms.amountMsat,
        description: "Sell bitcoin to M-Pesa",
        // Must be the same at every attempt, or the node refuses the repeated idempotency key.
        expirySeconds: Math.ceil((order.payBy - order.createdAt) / 1_000),
        holdBlocks: holdBlocks.total,
      });
      return { type: "invoice_made", answer: toAnswer(answer) };
    }
    case "pay_invoice": {
      const attempt = order.lightning;
      if (attempt === null) throw new Error("The order has no invoice to pay");
      const answer = await lightning.pay({
        idempotencyKey: paymentKey(order, attempt.number),
        invoice: attempt.invoice,
        amountMsat: attempt.amountMsat,
        maxFeeMsat: maxRoutingFee(attempt.amountMsat),
        expectedNodeId: order.nodeId,
        // A wallet that stays away does not keep the price: what has not been sent by then fails.
        sendBy: order.kind === "buy" ? order.priceUntil : null,
      });
      return reported(
        !answer.ok && mustQueryStatus(attempt, answer.error)
          ? await lightning.status(attempt.paymentHash)
          : answer,
      );
    }
    case "query_payment":
      return reported(await lightning.status(effect.paymentHash));
    case "claim_payment":
      return callOrStatus(lightning, effect.paymentHash, () =>
        lightning.claim({
          idempotencyKey: `order:${order.id}:claim`,
          paymentHash: effect.paymentHash,
        }),
      );
    case "fail_payment":
      return callOrStatus(lightning, effect.paymentHash, () =>
        lightning.failPayment({
          idempotencyKey: `order:${order.id}:refund`,
          paymentHash: effect.paymentHash,
        }),
      );
    case "send_payout": {
      const { originatorConversationId, msisdn, amountKesCents } = activePayout(order);
      if (stopped === "query") return queryPayout(payouts, order);
      if (stopped !== null) return { type: "payout_answered", answer: refused(stopped) };
      const obstacle = await chainObstacle(lightning, order);
      if (obstacle !== null) return { type: "payout_answered", answer: obstacle };
      const answer = await payouts.send({
        orderId: order.id,
        originatorConversationId,
        msisdn,
        amountKesCents,
      });
      return { type: "payout_answered", answer: toAnswer(answer) };
    }
    case "query_payout":
      return queryPayout(payouts, order);
    case "send_reversal": {
      const reversal = order.caseFile.refund?.reversal ?? null;
      if (reversal === null) throw new Error("The order has no reversal to request");
      const answer = await reversals.send({
        orderId: order.id,
        receipt: reversal.receipt,
        amountKesCents: reversal.amountKesCents,
      });
      return { type: "reversal_answered", answer: toAnswer(answer) };
    }
    case "deliver_late": {
      const { delivery } = order.caseFile;
      if (delivery === null) throw new Error("The order has no late delivery");
      const answer = await lightning.pay({
        idempotencyKey: `order:${order.id}:deliver:${delivery.number}`,
        invoice: delivery.invoice,
        amountMsat: delivery.amountMsat,
        maxFeeMsat: maxRoutingFee(delivery.amountMsat),
        expectedNodeId: order.nodeId,
        sendBy: null,
      });
      return reported(
        !answer.ok && mustQueryStatus(delivery, answer.error)
          ? await lightning.status(delivery.paymentHash)
          : answer,
      );
    }
  }
}

async function queryPayout(payouts: PayoutRail, order: Order): Promise<Fact> {
  const { originatorConversationId } = activePayout(order);
  const answer = await payouts.requestStatus({ orderId: order.id, originatorConversationId });
  return { type: "status_answered", answer: toAnswer(answer) };
}

function refused({ refuse, retry }: { readonly refuse: string; readonly retry: "never" | "safe" }) {
  return { ok: false, code: refuse, retry } as const;
}

/** Every attempt to pay the same invoice uses the same idempotency key, and the node pays a key at most once. */
function paymentKey(order: Order, attempt: number): string {
  const purpose = order.kind === "buy" ? "pay" : "repay";
  return attempt === 1 ? `order:${order.id}:${purpose}` : `order:${order.id}:${purpose}:${attempt}`;
}

/**
 * Makes the call. If it fails, returns the payment's state instead: the call may have succeeded at an earlier attempt.
 */
async function callOrStatus(
  lightning: Lightning,
  paymentHash: string,
  call: () => Promise<Result<LightningReport>>,
): Promise<Fact> {
  const answer = await call();
  return reported(answer.ok ? answer : await lightning.status(paymentHash));
}

function reported(answer: Result<LightningReport | null>): Fact {
  return { type: "lightning_reported", answer: toAnswer(answer) };
}

function toAnswer<Value>(result: Result<Value>): Answer<Value> {
  if (result.ok) return result;
  const { code, retry } = result.error;
  return { ok: false, code, retry };
}

/**
 * Why money must not leave for a held payment now: the node's view of the chain cannot be relied upon, so nobody knows
 * how long the payment is still held. Null if there is no reason, or if no payment is held.
 */
async function chainObstacle(lightning: Lightning, order: Order): Promise<Answer<never> | null> {
  const isHeld =
    order.kind === "sell" &&
    (order.state === "payout_requested" || order.state === "payout_unknown");
  if (!isHeld) return null;
  const tip = await lightning.tip();
  if (!tip.ok) return { ok: false, code: tip.error.code, retry: "safe" };
  return tip.value.reliable ? null : { ok: false, code: "chain_unreliable", retry: "safe" };
}
