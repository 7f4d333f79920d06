import type { Act, ActField, ActPreview, PossibleAct, Posting } from "@satsconnect/contracts/admin";
import { fiat, ok } from "@satsconnect/money";
import type { Failure, Fiat, Result } from "@satsconnect/money";
import type {
  ActField as DomainField,
  OperatorAct,
  PossibleAct as DomainPossibleAct,
} from "../../domain/acts/act.ts";
import { exampleReceipt } from "../../domain/acts/judge.ts";
import type { Order } from "../../domain/order.ts";
import type { Posting as DomainPosting } from "../../domain/postings.ts";
import type { OrderActs } from "../orders/acts.ts";
import { readAct, writeAct } from "./act-codec.ts";
import type { ActExecutor, Proposal } from "./acts.ts";

/** The acts of operators on orders; `null` where there is no such order. */
export type OrderActing = {
  readonly possible: (
    order: Order,
    needsSecondPerson: (amount: Fiat<"KES">) => Promise<boolean>,
  ) => Promise<readonly PossibleAct[]>;
  readonly preview: (
    order: Order,
    act: Act,
    needsSecondPerson: (amount: Fiat<"KES">) => Promise<boolean>,
  ) => Promise<Result<ActPreview>>;
  readonly proposal: (
    order: Order,
    request: {
      readonly id: string;
      readonly orderVersion: number;
      readonly act: Act;
      readonly reason: string;
    },
  ) => Promise<Result<Proposal, "invalid_request">>;
  readonly execute: ActExecutor;
};

const previewReason = "Preview";

export function createOrderActing(orders: OrderActs): OrderActing {
  async function presentPreview(
    order: Order,
    possible: DomainPossibleAct,
    needsSecondPerson: (amount: Fiat<"KES">) => Promise<boolean>,
  ): Promise<ActPreview> {
    const amount = amountOf(order, possible.act);
    return {
      act: writeAct(possible.act),
      amountKesCents: String(amount),
      nextState: possible.nextState,
      postings: presentPostings(possible.postings),
      needsSecondPerson: await needsSecondPerson(amount),
    };
  }

  return {
    possible: async (order, needsSecondPerson) => {
      const acts = (await orders.possibleActs(order.id)) ?? [];
      return Promise.all(
        acts.map(async (possible) => ({
          type: possible.act.type,
          summary: possible.means,
          fields: possible.needs
            .filter((name) => name !== "reason")
            .map((name) => presentField(name, possible.act)),
          preview: await presentPreview(order, possible, needsSecondPerson),
        })),
      );
    },

    preview: async (order, act, needsSecondPerson) => {
      const read = readAct(act, previewReason);
      if (!read.ok) return read;
      const preview = await orders.previewAct({ orderId: order.id, act: read.value });
      return preview.ok
        ? ok(await presentPreview(order, preview.value, needsSecondPerson))
        : { ok: false, error: problemOf(preview.error) };
    },

    proposal: async (order, { id, orderVersion, act, reason }) => {
      const read = readAct(act, reason);
      if (!read.ok) return read;
      const preview = await orders.previewAct({ orderId: order.id, act: read.value });
      const refused = preview.ok ? null : problemOf(preview.error);
      return ok({
        id,
        subject: { kind: "order", orderId: order.id, orderKind: order.kind, orderVersion },
        act: writeAct(read.value),
        amountKesCents: amountOf(order, read.value),
        postings: preview.ok ? presentPostings(preview.value.postings) : [],
        reason,
        secondPerson: "limit",
        refusal: order.version === orderVersion ? refused : staleOrder,
      });
    },

    execute: async ({ id, subject, act, reason, proposedBy, approvedBy }) => {
      if (subject.kind !== "order") throw new Error("This act is not about an order");
      const read = readAct(act, reason);
      if (!read.ok) return read;
      const by =
        approvedBy === null ? proposedBy.name : `${proposedBy.name} and ${approvedBy.name}`;
      const done = await orders.act({
        orderId: subject.orderId,
        actId: id,
        act: read.value,
        by,
        seenVersion: subject.orderVersion,
      });
      return done.ok
        ? ok({ message: `The order is now ${done.value.state}.` })
        : { ok: false, error: problemOf(done.error) };
    },
  };
}

/** The amount that the four-eyes limit counts: the part of the order that the act moves or decides about. */
function amountOf(order: Order, act: OperatorAct): Fiat<"KES"> {
  if (act.type === "close") return fiat("KES", 0n);
  return "amountKesCents" in act ? act.amountKesCents : order.terms.amountKesCents;
}

function presentPostings(postings: readonly DomainPosting[]): Posting[] {
  return postings.map(({ kind, entries }) => ({
    kind,
    entries: entries.map(({ account, currency, amount }) => ({
      account,
      currency,
      amount: String(amount),
    })),
  }));
}

const fieldKinds: Readonly<Record<DomainField, ActField["kind"]>> = {
  amountKesCents: "kes_cents",
  way: "choice",
  receipt: "receipt",
  reversalReceipt: "receipt",
  msisdn: "msisdn",
  completedAt: "time",
  invoice: "invoice",
  reason: "text",
};

function presentField(name: DomainField, act: OperatorAct): ActField {
  const written = writeAct(act)[name];
  // An example only shows what an act books; the operator has to read the receipt in M-Pesa's records.
  const value = written === exampleReceipt ? undefined : written;
  return {
    name,
    kind: fieldKinds[name],
    required: name !== "invoice" && name !== "msisdn" && act.type !== "made_after_all",
    ...(name === "way" ? { choices: ["reversal", "payout"] } : {}),
    proposal: value ?? null,
    max: name === "amountKesCents" && act.type !== "credit_receipt" ? (value ?? null) : null,
  };
}

const staleOrder: Failure = {
  code: "act_stale",
  message: "The order has changed since you saw it. Look at it again.",
  retry: "never",
};

/** A refusal of the orders, by the contract's codes. */
function problemOf({ code, message, retry }: Failure): Failure {
  switch (code) {
    case "order_changed":
      return staleOrder;
    case "act_id_used":
      return { code: "act_id_reused", message, retry };
    case "receipt_used":
      return { code: "act_not_possible", message, retry };
    default:
      return { code, message, retry };
  }
}
