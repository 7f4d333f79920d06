import { findFailureCode } from "@satsconnect/contracts/failures";
import type {
  FoundOrder as PresentedOrder,
  OrderCase,
  OrderPage,
  PossibleAct,
  RecordedAct,
} from "@satsconnect/contracts/admin";
import { formatRate } from "@satsconnect/money";
import type { CaseFile } from "../../domain/case-file.ts";
import type { Fact, LightningReport } from "../../domain/facts.ts";
import { isFinal } from "../../domain/order.ts";
import type { Order } from "../../domain/order.ts";
import type { Payout } from "../../domain/payout.ts";
import type { Case, Evidence } from "../orders/ports.ts";
import type { FoundOrder, OrderFile } from "./ports.ts";

const blockMs = 10 * 60_000;

export type OrderPageParts = {
  readonly file: OrderFile;
  /** The engine's current state of the payment. */
  readonly node: LightningReport | null;
  /** Reads evidence as the order does. */
  readonly readEvidence: (evidence: Evidence) => Fact;
  readonly acts: readonly PossibleAct[];
  readonly actsSoFar: readonly RecordedAct[];
  readonly now: number;
};

/** Everything that is known of an order, for the operator. Phone numbers and names are complete. */
export function presentOrderPage(parts: OrderPageParts): OrderPage {
  const { file, readEvidence, now } = parts;
  const { order } = file;
  const cases = file.cases.map((one) => presentCase(one, now));
  return {
    order: presentFound({
      order,
      openCases: cases.filter(({ resolvedAt }) => resolvedAt === null).length,
    }),
    version: order.version,
    nodeId: order.nodeId,
    quoteId: order.quoteId,
    rateKesPerBtc: formatRate(order.terms.rate),
    fees: order.terms.fees.map(({ code, amountKesCents, amountMsat }) => ({
      code,
      amountKesCents: String(amountKesCents),
      amountMsat: String(amountMsat),
    })),
    payoutFeeKesCents: String(order.payoutFeeKesCents),
    deadlineAt: timeOrNull(order.deadlineAt),
    wakeAt: timeOrNull(order.wakeAt),
    payBy: order.kind === "sell" ? time(order.payBy) : null,
    prompt: presentPrompt(order),
    htlc: presentHtlc(order, parts.node, now),
    payout: presentPayout(order.payout),
    caseFile: presentCaseFile(order.caseFile),
    keys: [...file.keys],
    evidence: file.evidence.map((one) => ({
      number: one.number,
      kind: one.kind,
      receivedAt: time(one.receivedAt),
      fromAddress: one.fromAddress,
      raw: one.body,
      parsed: plain(readEvidence(one)),
      seen: one.number <= order.evidenceSeen,
    })),
    journals: file.journals.map(({ kind, at, entries }) => ({
      kind,
      at: time(at),
      entries: entries.map(({ account, currency, amount }) => ({
        account,
        currency,
        amount: String(amount),
      })),
    })),
    cases,
    acts: [...parts.acts],
    actsSoFar: [...parts.actsSoFar],
    timeline: timeline(file, parts.actsSoFar),
    stored: plain(file.stored),
  };
}

function presentPayout(payout: Payout): OrderPage["payout"] {
  return {
    status: payout.status,
    amountKesCents: String(payout.amountKesCents),
    msisdn: payout.msisdn,
    originatorConversationId: payout.originatorConversationId,
    conversationIds: [...payout.conversationIds],
    sends: payout.sends,
    perhapsSent: payout.perhapsSent,
    statusQueries: payout.statusQueries,
    receipt: payout.receipt,
    failureCode: payout.failureCode,
  };
}

function presentCaseFile({ suspenseKesCents, payments, refund }: CaseFile): OrderPage["caseFile"] {
  return {
    suspenseKesCents: String(suspenseKesCents),
    payments: payments.map(({ receipt, checkoutRequestId, msisdn, amountKesCents, reversal }) => ({
      receipt,
      checkoutRequestId,
      msisdn,
      amountKesCents: String(amountKesCents),
      reversal,
    })),
    refund:
      refund === null
        ? null
        : {
            status: refund.status,
            amountKesCents: String(refund.amountKesCents),
            reversal:
              refund.reversal === null
                ? null
                : {
                    status: refund.reversal.status,
                    receipt: refund.reversal.receipt,
                    reversalReceipt: refund.reversal.reversalReceipt,
                    conversationIds: [...refund.reversal.conversationIds],
                    sends: refund.reversal.sends,
                    perhapsSent: refund.reversal.perhapsSent,
                    failureCode: refund.reversal.failureCode,
                  },
            payout: presentPayout(refund.payout),
          },
  };
}

export function presentFound({ order, openCases }: FoundOrder): PresentedOrder {
  return {
    id: order.id,
    kind: order.kind,
    state: order.state,
    final: isFinal(order.state),
    reason: order.reason,
    amountKesCents: String(order.terms.amountKesCents),
    amountMsat: String(order.terms.amountMsat),
    msisdn: order.msisdn,
    recipientName: order.terms.recipientName,
    mpesaReceipt: order.mpesaReceipt,
    walletId: order.walletId,
    openCases,
    deadlineAt: order.deadlineAt === null ? null : time(order.deadlineAt),
    createdAt: time(order.createdAt),
    updatedAt: time(order.updatedAt),
  };
}

export function presentCase(one: Case, now: number): OrderCase {
  const known = findFailureCode(one.code);
  return {
    id: one.id,
    orderId: one.orderId,
    code: one.code,
    meaning: known?.meaning ?? "This code is not registered.",
    detail: one.detail,
    severity: known?.severity ?? "error",
    openedAt: time(one.openedAt),
    resolvedAt: timeOrNull(one.resolvedAt),
    ageSeconds: Math.max(0, Math.floor(((one.resolvedAt ?? now) - one.openedAt) / 1_000)),
  };
}

function presentPrompt(order: Order): OrderPage["prompt"] {
  if (order.kind !== "buy") return null;
  const { prompt } = order;
  return {
    status: prompt.status,
    accountReference: prompt.accountReference,
    checkoutRequestId: prompt.checkoutRequestId,
    sends: prompt.sends,
    queries: prompt.polls,
    lastAnswer: prompt.lastAnswer,
    callback: prompt.callback === null ? null : plain(prompt.callback),
    lateUntil: time(prompt.lateUntil),
    credit: order.credit,
    collectedIn: order.collectedIn,
  };
}

/** The payment that carries the order's sats: what a sell's holder pays, or what the operator pays. */
function presentHtlc(order: Order, node: LightningReport | null, now: number): OrderPage["htlc"] {
  const reported =
    node === null
      ? null
      : { state: node.state, failure: node.failure, feeMsat: String(node.feeMsat) };
  const { lightning } = order;
  if (lightning !== null) {
    return {
      direction: "outbound",
      paymentHash: lightning.paymentHash,
      invoice: lightning.invoice,
      invoiceExpiresAt: time(lightning.invoiceExpiresAt),
      amountMsat: String(lightning.amountMsat),
      receivedMsat: null,
      claimDeadlineHeight: null,
      tipHeight: node?.tipHeight ?? null,
      blocksLeft: null,
      deadlineAt: null,
      lastReportAt: node === null ? null : time(now),
      node: reported,
      earlierHashes: [...lightning.earlierHashes],
    };
  }
  if (order.kind === "buy" || order.held === null) return null;
  const { held } = order;
  // The node's answer is newer than what the order has seen.
  const deadline = node?.claimDeadlineHeight ?? held.claimDeadlineHeight;
  const tip = Math.max(node?.tipHeight ?? 0, held.tipHeight);
  const hasDeadline = deadline > 0;
  const blocksLeft = hasDeadline ? deadline - tip : null;
  return {
    direction: "inbound",
    paymentHash: held.paymentHash,
    invoice: held.invoice,
    invoiceExpiresAt: time(held.invoiceExpiresAt),
    amountMsat: String(order.terms.amountMsat),
    receivedMsat: String(held.receivedMsat),
    claimDeadlineHeight: hasDeadline ? deadline : null,
    tipHeight: tip > 0 ? tip : null,
    blocksLeft,
    deadlineAt: blocksLeft === null ? null : time(now + Math.max(0, blocksLeft) * blockMs),
    lastReportAt: node !== null ? time(now) : held.seenAt > 0 ? time(held.seenAt) : null,
    node: reported,
    earlierHashes: [],
  };
}

function timeline(file: OrderFile, acts: readonly RecordedAct[]): OrderPage["timeline"] {
  const moments: OrderPage["timeline"] = [
    { at: time(file.order.createdAt), kind: "opened", title: file.order.kind, detail: null },
    ...file.events.map(({ at, state, reason }) => ({
      at: time(at),
      kind: "event" as const,
      title: state,
      detail: reason,
    })),
    ...file.evidence.map(({ receivedAt, kind, number, fromAddress }) => ({
      at: time(receivedAt),
      kind: "evidence" as const,
      title: kind,
      detail: `number ${number}, from ${fromAddress}`,
    })),
    ...file.journals.map(({ at, kind, entries }) => ({
      at: time(at),
      kind: "journal" as const,
      title: kind,
      detail: entries.map(({ account, amount }) => `${account} ${amount}`).join(", "),
    })),
    ...file.cases.flatMap(({ openedAt, resolvedAt, code, detail }) => [
      { at: time(openedAt), kind: "case" as const, title: code, detail },
      ...(resolvedAt === null
        ? []
        : [{ at: time(resolvedAt), kind: "case_resolved" as const, title: code, detail: null }]),
    ]),
    ...acts.map(({ proposedAt, type, proposedBy, approvedBy, status, reason }) => ({
      at: proposedAt,
      kind: "act" as const,
      title: type,
      detail: `${status}; by ${proposedBy.name}${approvedBy === null ? "" : `, approved by ${approvedBy.name}`}: ${reason}`,
    })),
  ];
  return moments.sort((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0));
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function timeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : time(milliseconds);
}

/** A value as JSON, with bigints as decimal strings. */
function plain(value: object): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(value, (_name, part: unknown) =>
      typeof part === "bigint" ? String(part) : part,
    ),
  ) as Record<string, unknown>;
}
