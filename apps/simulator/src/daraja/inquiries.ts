import { fiat } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import { z } from "zod";
import { scheduleDelivery } from "../callbacks/deliveries.ts";
import { planSchema } from "../faults/plan.ts";
import type { Plan } from "../faults/plan.ts";
import { findCustomer, fullName } from "../mpesa/customers.ts";
import { conversationId, gatewayId, placeholderReceipt } from "../mpesa/ids.ts";
import { balanceCents, shortcodeAccount } from "../mpesa/ledger.ts";
import type { OrganisationAccount } from "../mpesa/ledger.ts";
import { findPayment, paymentFromRow } from "../mpesa/payments.ts";
import type { Payment } from "../mpesa/payments.ts";
import { inquiryResults, payoutDescription } from "../mpesa/result-codes.ts";
import { reversePayment } from "../mpesa/reversals.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import { readSettings } from "../world/settings.ts";
import { flag, text } from "../store/rows.ts";
import type { Row } from "../store/rows.ts";
import type { World } from "../world/world.ts";
import { shillingsText, toJson } from "../shared/json.ts";
import type { Json } from "../shared/json.ts";
import { scheduleOutcome } from "../callbacks/schedule-outcome.ts";
import { findPayoutByOriginator } from "./payouts.ts";
import type { Payout } from "./payouts.ts";
import {
  accountBalanceResult,
  inquiryFailure,
  queueTimeout,
  reversalResult,
  transactionStatusResult,
} from "./shapes.ts";
import type { StatusParameters } from "./shapes.ts";

/** The parameters of a status, balance or reversal request. */
const requestSchema = z.discriminatedUnion("api", [
  z.strictObject({
    api: z.literal("transaction_status"),
    receipt: z.string(),
    originatorConversationId: z.string(),
  }),
  z.strictObject({ api: z.literal("account_balance") }),
  z.strictObject({ api: z.literal("reversal"), receipt: z.string(), amountCents: z.string() }),
]);
export type InquiryRequest = z.infer<typeof requestSchema>;

/** A status, balance or reversal request, whose result is sent later by a callback. */
export type Inquiry = {
  readonly conversationId: string;
  readonly originatorConversationId: string;
  readonly shortcode: string;
  readonly request: InquiryRequest;
  readonly resultUrl: string;
  readonly timeoutUrl: string;
  readonly initiatorValid: boolean;
  readonly plan: Plan;
};

const resultNames = {
  transaction_status: "transactionstatusresults",
  account_balance: "abresults",
  reversal: "reversalresults",
} as const;

export function acceptInquiry(
  world: World,
  inquiry: Omit<Inquiry, "conversationId" | "originatorConversationId" | "plan">,
  plan: Plan,
): Inquiry {
  const now = world.clock.now();
  const accepted: Inquiry = {
    ...inquiry,
    plan,
    conversationId: conversationId(now, world.entropy),
    originatorConversationId: gatewayId(world.entropy),
  };
  world.database.run(
    `INSERT INTO inquiry (conversation_id, originator_conversation_id, api, shortcode, request, result_url,
       timeout_url, initiator_ok, plan, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    accepted.conversationId,
    accepted.originatorConversationId,
    accepted.request.api,
    accepted.shortcode,
    JSON.stringify(accepted.request),
    accepted.resultUrl,
    accepted.timeoutUrl,
    accepted.initiatorValid ? 1 : 0,
    JSON.stringify(plan),
    now,
  );
  if (plan.outcome.type !== "never") {
    const { inquiryDelayMs } = readSettings(world.database);
    world.workQueue.add(now + inquiryDelayMs, "inquiry_answer", accepted.conversationId);
  }
  return accepted;
}

/** Determines the result as of now and schedules its callback. Does nothing if it was answered before. */
export function answerInquiry(world: World, id: string): void {
  const row = world.database.get("SELECT * FROM inquiry WHERE conversation_id = ?", id);
  if (row === undefined || row["answered_at"] !== null) return;
  const inquiry = fromRow(row);
  const now = world.clock.now();
  world.database.run("UPDATE inquiry SET answered_at = ? WHERE conversation_id = ?", now, id);
  const message = { subject: inquiry.conversationId, shortcode: inquiry.shortcode };
  if (inquiry.plan.delivery.queueTimeoutFirst) {
    scheduleDelivery(
      world,
      {
        ...message,
        kind: "inquiry_queue_timeout",
        url: inquiry.timeoutUrl,
        body: toJson(queueTimeout(inquiry, placeholderReceipt(now))),
        note: "queue timeout",
      },
      now,
    );
  }
  scheduleOutcome(
    world,
    inquiry.plan,
    {
      ...message,
      kind: "inquiry_result",
      url: inquiry.resultUrl,
      body: toJson(resultOf(world, inquiry)),
    },
    0,
  );
}

function resultOf(world: World, inquiry: Inquiry): Json {
  const organisation = findShortcode(world.database, inquiry.shortcode);
  if (organisation === undefined || !inquiry.initiatorValid) {
    return failure(world, inquiry, inquiryResults.initiatorWrong);
  }
  if (organisation.initiatorLocked) return failure(world, inquiry, inquiryResults.initiatorLocked);
  switch (inquiry.request.api) {
    case "transaction_status":
      return statusResult(world, inquiry, inquiry.request);
    case "account_balance":
      return balanceResult(world, inquiry);
    case "reversal":
      return reversal(
        world,
        inquiry,
        inquiry.request.receipt,
        fiat("KES", BigInt(inquiry.request.amountCents)),
      );
  }
}

function statusResult(
  world: World,
  inquiry: Inquiry,
  { receipt, originatorConversationId }: { receipt: string; originatorConversationId: string },
): Json {
  const placeholder = placeholderReceipt(world.clock.now());
  const payment =
    receipt === ""
      ? paymentByOriginator(world, originatorConversationId)
      : findPayment(world.database, receipt);
  if (payment !== undefined) {
    return isPartyTo(payment, inquiry.shortcode)
      ? transactionStatusResult(inquiry, placeholder, statusOfPayment(world, payment))
      : failure(world, inquiry, inquiryResults.notFound);
  }
  const payout =
    receipt === "" ? findPayoutByOriginator(world, originatorConversationId) : undefined;
  return payout !== undefined && payout.shortcode === inquiry.shortcode
    ? transactionStatusResult(inquiry, placeholder, statusOfOpenPayout(world, payout))
    : failure(world, inquiry, inquiryResults.notFound);
}

/** Documented: Completed and Declined. Assumed: a refused payout is Declined. */
function statusOfPayment(world: World, payment: Payment): StatusParameters {
  return {
    debitParty: partyName(world, payment.debitAccount),
    creditParty: partyName(world, payment.creditAccount),
    originatorConversationId: payment.originatorConversationId ?? "",
    conversationId: payment.conversationId ?? "",
    initiatedAt: payment.initiatedAt,
    finalisedAt: payment.finalisedAt,
    debitAccountType: payment.kind === "payout" ? "Utility Account" : "MMF Account For Customer",
    charges: charges(payment),
    reasonType:
      payment.kind === "payout" ? "Business Payment to Customer via API" : "Pay Bill Online",
    status: payment.status === "completed" ? "Completed" : "Declined",
    amount: payment.amount,
    receipt: payment.receipt,
  };
}

/** For a payout accepted but not executed yet. Documented: the status Authorized. Assumed: that it applies here. */
function statusOfOpenPayout(world: World, payout: Payout): StatusParameters {
  return {
    debitParty: partyName(world, shortcodeAccount(payout.shortcode, "utility")),
    creditParty: partyName(world, `customer:${payout.recipient}`),
    originatorConversationId: payout.originatorConversationId,
    conversationId: payout.conversationId,
    initiatedAt: payout.createdAt,
    finalisedAt: null,
    debitAccountType: "Utility Account",
    charges: null,
    reasonType: "Business Payment to Customer via API",
    status: "Authorized",
    amount: payout.amount,
    receipt: null,
  };
}

function charges(payment: Payment): string | null {
  if (payment.fee === 0n) return null;
  const name = payment.kind === "payout" ? "Fee For B2C Payment" : "Pay Bill Charge";
  return `${name}|KES|${shillingsText(payment.fee)}`;
}

function balanceResult(world: World, inquiry: Inquiry): Json {
  const line = (name: string, account: OrganisationAccount) => ({
    name,
    cents: balanceCents(world.database, shortcodeAccount(inquiry.shortcode, account)),
  });
  const now = world.clock.now();
  return accountBalanceResult(
    inquiry,
    placeholderReceipt(now),
    [
      line("Working Account", "working"),
      line("Float Account", "float"),
      line("Utility Account", "utility"),
      line("Charges Paid Account", "charges"),
      line("Organization Settlement Account", "settlement"),
    ],
    now,
  );
}

function reversal(world: World, inquiry: Inquiry, receipt: string, amount: Fiat<"KES">): Json {
  const { outcome } = inquiry.plan;
  if (outcome.type === "result") {
    const { code } = outcome;
    return failure(world, inquiry, { code, callback: payoutDescription(code) });
  }
  const reversed = reversePayment(world, {
    shortcode: inquiry.shortcode,
    original: receipt,
    amount,
    conversation: inquiry,
  });
  if (reversed.type === "refused") return failure(world, inquiry, inquiryResults[reversed.result]);
  const { payment } = reversed;
  return reversalResult(inquiry, {
    receipt: payment.receipt,
    utilityCents: balanceCents(world.database, payment.debitAccount),
    amount: payment.amount,
    at: payment.finalisedAt,
    original: receipt,
    creditParty: partyName(world, payment.creditAccount),
    debitParty: partyName(world, payment.debitAccount),
  });
}

function failure(
  world: World,
  inquiry: Inquiry,
  { code, callback }: { readonly code: string; readonly callback: string },
): Json {
  const placeholder = placeholderReceipt(world.clock.now());
  return inquiryFailure(inquiry, placeholder, code, callback, resultNames[inquiry.request.api]);
}

function paymentByOriginator(world: World, id: string): Payment | undefined {
  const row = world.database.get(
    "SELECT * FROM payment WHERE originator_conversation_id = ? AND kind <> 'opening'",
    id,
  );
  return row === undefined ? undefined : paymentFromRow(row);
}

function isPartyTo({ debitAccount, creditAccount }: Payment, shortcode: string): boolean {
  const prefix = `shortcode:${shortcode}:`;
  return debitAccount.startsWith(prefix) || creditAccount.startsWith(prefix);
}

/** `600992 - Safaricom Daraja 992`, `254705912645 - NICHOLAS JOHN SONGOK` (documented). */
function partyName(world: World, account: string): string {
  const [kind, owner = ""] = account.split(":");
  if (kind === "customer") {
    const customer = findCustomer(world.database, owner);
    return customer === undefined ? owner : `${owner} - ${fullName(customer)}`;
  }
  return `${owner} - ${findShortcode(world.database, owner)?.name ?? ""}`;
}

function fromRow(row: Row): Inquiry {
  const request: unknown = JSON.parse(text(row, "request"));
  const plan: unknown = JSON.parse(text(row, "plan"));
  return {
    conversationId: text(row, "conversation_id"),
    originatorConversationId: text(row, "originator_conversation_id"),
    shortcode: text(row, "shortcode"),
    request: requestSchema.parse(request),
    resultUrl: text(row, "result_url"),
    timeoutUrl: text(row, "timeout_url"),
    initiatorValid: flag(row, "initiator_ok"),
    plan: planSchema.parse(plan),
  };
}
