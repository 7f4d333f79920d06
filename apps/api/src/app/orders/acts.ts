import { isDeepStrictEqual } from "node:util";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { ActContext, OperatorAct, PossibleAct } from "../../domain/acts/act.ts";
import { judgeAct, possibleActs, previewAct } from "../../domain/acts/judge.ts";
import type { InvoiceNetwork } from "../../domain/bolt11.ts";
import type { Order } from "../../domain/order.ts";
import { orderTimes } from "../../domain/policy.ts";
import type { Advance, AdvanceOptions } from "./advance.ts";
import { checkOwnInvoice } from "./own-invoice.ts";
import type { InvoiceReader, InvoiceRefusal } from "./own-invoice.ts";
import type { Ids, StoredAct } from "./ports.ts";

type ActRequest = {
  readonly orderId: string;
  /** A UUID chosen before the first attempt. Repeating the request with it does nothing more. */
  readonly actId: string;
  readonly act: OperatorAct;
  /** The operator's name, for the order's record. */
  readonly by: string;
  /** The version of the order that the operator saw; if it has changed since, the act is refused. Null: do not compare. */
  readonly seenVersion: number | null;
};

type ActRefusal =
  | "order_not_found"
  /** The act is wrong in the order's state; the message says why. */
  | "act_not_possible"
  /** The order is no longer at `seenVersion`. */
  | "order_changed"
  /** `actId` was used for another act. */
  | "act_id_used"
  /** The receipt belongs to another order. */
  | "receipt_used"
  | "float_exhausted"
  | InvoiceRefusal;

/** The operator's acts on one order. Part of `Orders`. */
export type OrderActs = {
  /** The acts that are possible now, each with exactly the journals that it will book. Null: there is no such order. */
  readonly possibleActs: (orderId: string) => Promise<readonly PossibleAct[] | null>;
  /** Previews one act as `act` would decide it now. Stores nothing. */
  readonly previewAct: (
    request: Pick<ActRequest, "orderId" | "act">,
  ) => Promise<Result<PossibleAct, ActRefusal>>;
  /** Decides the act and stores it with its journals in one transaction; once for each `actId`. */
  readonly act: (request: ActRequest) => Promise<Result<Order, ActRefusal>>;
};

type ActsOptions = Pick<AdvanceOptions, "store" | "clock"> & {
  readonly ids: Ids;
  readonly network: InvoiceNetwork;
  readonly readInvoice: InvoiceReader;
};

export function createActs(options: ActsOptions, advance: Pick<Advance, "apply">): OrderActs {
  const { store, clock, ids, network, readInvoice } = options;

  /** Input of the decision beside the act. An invoice must be the holder's own, for exactly the amount due. */
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
