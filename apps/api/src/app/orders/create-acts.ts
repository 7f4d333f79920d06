import { isDeepStrictEqual } from "node:util";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { ActContext, OperatorAct } from "../../domain/acts/act.ts";
import { judgeAct, possibleActs, previewAct } from "../../domain/acts/judge.ts";
import type { InvoiceNetwork } from "../../domain/bolt11.ts";
import type { Order } from "../../domain/order.ts";
import { orderTimes } from "../../domain/policy.ts";
import type { ActRefusal, OrderActs } from "./acts.ts";
import type { Advance } from "./advance.ts";
import { checkOwnInvoice } from "./own-invoice.ts";
import type { InvoiceReader, InvoiceRefusal } from "./own-invoice.ts";
import type { Clock, Ids, OrderStore, StoredAct } from "./ports.ts";

type ActsOptions = {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly network: InvoiceNetwork;
  readonly readInvoice: InvoiceReader;
};

export function createActs(options: ActsOptions, advance: Pick<Advance, "apply">): OrderActs {
  const { store, clock, ids, network, readInvoice } = options;

  /** What the decision needs beside the act. An invoice must be the holder's own, for exactly what the holder gets. */
  function contextOf(
    order: Order,
    act: OperatorAct,
    by: string,
  ): Result<ActContext, InvoiceRefusal> {
    const context: ActContext = { by, payoutId: ids.payoutId(), invoice: null };
    const text = act.type === "deliver" || act.type === "repay_owed" ? act.invoice : null;
    if (text === null) return ok(context);
    const { owedMsat } = order.caseFile;
    const amountMsat =
      order.kind === "sell"
        ? owedMsat > 0n
          ? owedMsat
          : (order.held?.receivedMsat ?? order.terms.amountMsat)
        : order.terms.amountMsat;
    const invoice = checkOwnInvoice(readInvoice, text, {
      network,
      nodeId: order.nodeId,
      amountMsat,
      now: clock.now(),
      minValidityMs: orderTimes.callTimeoutMs,
    });
    if (!invoice.ok) return invoice;
    const { paymentHash, expiresAt } = invoice.value;
    return ok({ ...context, invoice: { invoice: text, paymentHash, invoiceExpiresAt: expiresAt } });
  }

  return {
    possibleActs: async (orderId) => {
      const order = await store.find(orderId);
      if (order === null) return null;
      return possibleActs(order, contextForPreview(ids), clock.now());
    },

    previewAct: async ({ orderId, act }) => {
      const order = await store.find(orderId);
      if (order === null) return notFound();
      const context = contextOf(order, act, "");
      if (!context.ok) return context;
      return previewAct(order, act, context.value, clock.now());
    },

    act: async ({ orderId, actId, act, by, seenVersion }) => {
      const known = await store.findAct(actId);
      const order = await store.find(orderId);
      if (order === null) return notFound();
      if (known !== null) return repeated(known, order, act);
      if (seenVersion !== null && order.version !== seenVersion) {
        return err("order_changed", "The order has changed since you looked. Look again.", "never");
      }
      const context = contextOf(order, act, by);
      if (!context.ok) return context;
      const judged = judgeAct(order, act, context.value, clock.now());
      if (!judged.ok) return judged;
      const fact = { type: "operator_acted", act, context: context.value } as const;
      const applied = await advance.apply(orderId, fact, { id: actId, act, by });
      switch (applied.kind) {
        case "changed":
          return ok(applied.order);
        case "not_found":
          return notFound();
        case "float_short":
          return err(
            "float_exhausted",
            "The utility account has too little free float for this payout.",
            "safe",
          );
        case "key_taken":
          return err("receipt_used", "The receipt or id belongs to another order.", "never");
        case "unchanged": {
          // Another operator, or the same request at the same time, was faster.
          const first = await store.findAct(actId);
          if (first !== null) return repeated(first, applied.order, act);
          const again = judgeAct(applied.order, act, context.value, clock.now());
          return again.ok
            ? err("order_changed", "The order has changed since you looked. Look again.", "never")
            : again;
        }
      }
    },
  };
}

/** The same request again changes nothing more; another request must have its own id. */
function repeated(known: StoredAct, order: Order, act: OperatorAct): Result<Order, ActRefusal> {
  return known.orderId === order.id && isDeepStrictEqual(known.act, act)
    ? ok(order)
    : err("act_id_used", "This id was used for another act.", "never");
}

function contextForPreview(ids: Ids): ActContext {
  return { by: "", payoutId: ids.payoutId(), invoice: null };
}

function notFound() {
  return err("order_not_found", "There is no such order.", "never");
}
