import { fiat } from "@satsconnect/money";
import { scheduleDelivery } from "../callbacks/deliveries.ts";
import type { Fiat } from "@satsconnect/money";
import { planSchema } from "../faults/plan.ts";
import type { Plan } from "../faults/plan.ts";
import { findCustomer, fullName } from "../mpesa/customers.ts";
import { conversationId, gatewayId, placeholderReceipt } from "../mpesa/ids.ts";
import { balanceCents, customerAccount, feesAccount, shortcodeAccount } from "../mpesa/ledger.ts";
import { receivedFrom, sendSms } from "../mpesa/sms.ts";
import {
  recordPayment,
  decidePayout,
  newReceipt,
  payoutFee,
  payoutLimits,
  receivedTodayCents,
} from "../mpesa/payments.ts";
import type { Payment, PayoutFacts } from "../mpesa/payments.ts";
import { payoutResults, payoutDescription } from "../mpesa/result-codes.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import { readSettings } from "../world/settings.ts";
import {
  flag,
  integer,
  integerOrNull,
  signedCents,
  text,
  textOrNull,
  word,
} from "../store/rows.ts";
import type { Row } from "../store/rows.ts";
import type { World } from "../world/world.ts";
import { toJson } from "../shared/json.ts";
import { scheduleOutcome } from "../callbacks/schedule-outcome.ts";
import { payoutResult, queueTimeout } from "./shapes.ts";

/** A B2C payment, from its request to its result. */
export type Payout = {
  readonly conversationId: string;
  readonly originatorConversationId: string;
  readonly version: "v1" | "v3";
  readonly command: string;
  readonly shortcode: string;
  readonly recipient: string;
  readonly amount: Fiat<"KES">;
  readonly remarks: string;
  readonly occasion: string;
  readonly resultUrl: string;
  readonly timeoutUrl: string;
  /** Whether the initiator's name and password were correct in the request. */
  readonly initiatorValid: boolean;
  readonly state: "accepted" | "closed";
  readonly plan: Plan;
  readonly resultCode: string | null;
  readonly receipt: string | null;
  readonly createdAt: number;
  readonly closedAt: number | null;
};

export type NewPayout = Pick<
  Payout,
  | "version"
  | "command"
  | "shortcode"
  | "recipient"
  | "amount"
  | "remarks"
  | "occasion"
  | "resultUrl"
  | "timeoutUrl"
  | "initiatorValid"
> & {
  /** The caller's id (v3), or null when M-Pesa creates one (v1). */
  readonly originatorConversationId: string | null;
};

/**
 * Accepts a payout and schedules it.
 * @returns null when the caller's id was used before, whatever the outcome of that request (documented: 500.002.1001,
 * which protects against paying twice).
 */
export function acceptPayout(world: World, payout: NewPayout, plan: Plan): Payout | null {
  const now = world.clock.now();
  const originatorConversationId = payout.originatorConversationId ?? gatewayId(world.entropy);
  if (findPayoutByOriginator(world, originatorConversationId) !== undefined) return null;
  const accepted: Payout = {
    ...payout,
    originatorConversationId,
    conversationId: conversationId(now, world.entropy),
    state: "accepted",
    plan,
    resultCode: null,
    receipt: null,
    createdAt: now,
    closedAt: null,
  };
  world.database.run(
    `INSERT INTO payout (conversation_id, originator_conversation_id, version, command, shortcode, recipient,
       amount_cents, remarks, occasion, result_url, timeout_url, initiator_ok, state, plan, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    accepted.conversationId,
    accepted.originatorConversationId,
    accepted.version,
    accepted.command,
    accepted.shortcode,
    accepted.recipient,
    accepted.amount,
    accepted.remarks,
    accepted.occasion,
    accepted.resultUrl,
    accepted.timeoutUrl,
    accepted.initiatorValid ? 1 : 0,
    accepted.state,
    JSON.stringify(accepted.plan),
    accepted.createdAt,
  );
  const { payoutDelayMs } = readSettings(world.database);
  if (plan.delivery.forgedFirst) scheduleForgedCallback(world, accepted);
  if (plan.delivery.queueTimeoutFirst) {
    world.workQueue.add(now + payoutDelayMs, "payout_queue_timeout", accepted.conversationId);
  }
  if (plan.outcome.type !== "never") {
    world.workQueue.add(now + payoutDelayMs, "payout_execute", accepted.conversationId);
  }
  world.changes.notify("control", "change");
  return accepted;
}

/** Pays or declines the payout, and schedules its result. Does nothing if the payout was executed before. */
export function executePayout(world: World, id: string): void {
  const payout = findPayout(world, id);
  if (payout === undefined || payout.state === "closed") return;
  const { outcome } = payout.plan;
  const facts = payoutFacts(world, payout);
  const code = outcome.type === "result" ? outcome.code : payoutResults[decidePayout(facts)].code;
  const payment = recordPayout(world, payout, code);
  world.database.run(
    "UPDATE payout SET state = 'closed', result_code = ?, receipt = ?, closed_at = ? WHERE conversation_id = ?",
    code,
    payment.receipt,
    world.clock.now(),
    payout.conversationId,
  );
  scheduleOutcome(
    world,
    payout.plan,
    {
      kind: "payout_result",
      subject: payout.conversationId,
      shortcode: payout.shortcode,
      url: payout.resultUrl,
      body: resultBody(world, payout, payment),
    },
    0,
  );
}

/** Schedules a call to the queue timeout URL, which does not tell whether the payment was made. */
export function timeOutQueue(world: World, id: string): void {
  const payout = findPayout(world, id);
  if (payout === undefined) return;
  const now = world.clock.now();
  scheduleDelivery(
    world,
    {
      kind: "payout_queue_timeout",
      subject: payout.conversationId,
      shortcode: payout.shortcode,
      url: payout.timeoutUrl,
      body: toJson(queueTimeout(payout, placeholderReceipt(now))),
      note: "queue timeout",
    },
    now,
  );
}

function findPayout(world: World, id: string): Payout | undefined {
  const row = world.database.get("SELECT * FROM payout WHERE conversation_id = ?", id);
  return row === undefined ? undefined : fromRow(row);
}

export function findPayoutByOriginator(world: World, id: string): Payout | undefined {
  const row = world.database.get("SELECT * FROM payout WHERE originator_conversation_id = ?", id);
  return row === undefined ? undefined : fromRow(row);
}

export function listPayouts(world: World, limit: number): readonly Payout[] {
  return world.database
    .all("SELECT * FROM payout ORDER BY created_at DESC, rowid DESC LIMIT ?", limit)
    .map(fromRow);
}

function payoutFacts(world: World, payout: Payout): PayoutFacts {
  const { database } = world;
  const now = world.clock.now();
  const organisation = findShortcode(database, payout.shortcode);
  const customer = findCustomer(database, payout.recipient);
  return {
    amount: payout.amount,
    limits: payoutLimits(now),
    initiator:
      organisation?.initiatorLocked === true ? "locked" : payout.initiatorValid ? "right" : "wrong",
    organisation:
      organisation === undefined || !organisation.paysOut
        ? "without_product"
        : organisation.active
          ? "active"
          : "inactive",
    utilityBalanceCents:
      organisation === undefined
        ? 0n
        : balanceCents(database, shortcodeAccount(organisation.shortcode, "utility")),
    recipient: customer?.status ?? "unknown",
    recipientBalanceCents:
      customer === undefined ? 0n : balanceCents(database, customerAccount(customer.msisdn)),
    receivedTodayCents: receivedTodayCents(database, payout.recipient, now),
  };
}

/** Records the payment. A declined one moves no money but also has a receipt (documented). */
function recordPayout(world: World, payout: Payout, code: string): Payment {
  const utility = shortcodeAccount(payout.shortcode, "utility");
  const recipient = customerAccount(payout.recipient);
  const success = code === payoutResults.success.code;
  const fee = success ? payoutFee(world.clock.now(), payout.amount) : fiat("KES", 0n);
  const organisation = findShortcode(world.database, payout.shortcode);
  const payment = recordPayment(
    world,
    {
      kind: "payout",
      status: success ? "completed" : "declined",
      resultCode: code,
      amount: payout.amount,
      fee,
      debitAccount: utility,
      creditAccount: recipient,
      reference: payout.remarks,
      conversationId: payout.conversationId,
      originatorConversationId: payout.originatorConversationId,
      initiatedAt: payout.createdAt,
    },
    [
      {
        account: utility,
        cents: 0n - payout.amount,
        detail: `Business Payment to ${payout.recipient}`,
      },
      {
        account: recipient,
        cents: payout.amount,
        detail: `Business Payment from ${payout.shortcode} - ${organisation?.name ?? ""}`,
      },
      {
        account: shortcodeAccount(payout.shortcode, "charges"),
        cents: 0n - fee,
        detail: "B2C Payment Charge",
      },
      { account: feesAccount, cents: fee, detail: `B2C Payment Charge of ${payout.shortcode}` },
    ],
  );
  const customer = findCustomer(world.database, payout.recipient);
  if (success && customer !== undefined) {
    sendSms(
      world,
      customer.msisdn,
      receivedFrom(customer.language, {
        receipt: payment.receipt,
        at: payment.finalisedAt,
        amount: payment.amount,
        balanceCents: balanceCents(world.database, recipient),
        sender: organisation?.name ?? payout.shortcode,
      }),
      payment.receipt,
    );
  }
  return payment;
}

function resultBody(
  world: World,
  payout: Payout,
  { receipt, resultCode, finalisedAt }: Payment,
): string {
  const customer = findCustomer(world.database, payout.recipient);
  const funds = (account: "utility" | "working" | "charges") =>
    balanceCents(world.database, shortcodeAccount(payout.shortcode, account));
  const altered = payout.plan.delivery.alteration === "amount";
  return toJson(
    payoutResult(payout, {
      code: resultCode,
      description: payoutDescription(resultCode),
      receipt,
      success:
        resultCode === payoutResults.success.code && customer !== undefined
          ? {
              amount: altered ? fiat("KES", payout.amount + 100n) : payout.amount,
              receipt,
              recipient: customer.msisdn,
              recipientName: fullName(customer),
              at: finalisedAt,
              utilityCents: funds("utility"),
              workingCents: funds("working"),
              chargesCents: funds("charges"),
            }
          : null,
    }),
  );
}

function scheduleForgedCallback(world: World, payout: Payout): void {
  const now = world.clock.now();
  const receipt = newReceipt(world);
  // A forger may know the URL and the caller's id, but not the ConversationID, which only M-Pesa's answer contains.
  const forgedConversation = { ...payout, conversationId: conversationId(now, world.entropy) };
  const body = payoutResult(forgedConversation, {
    code: payoutResults.success.code,
    description: payoutResults.success.callback,
    receipt,
    success: {
      amount: payout.amount,
      receipt,
      recipient: payout.recipient,
      recipientName: "JOHN DOE",
      at: now,
      utilityCents: 0n,
      workingCents: 0n,
      chargesCents: 0n,
    },
  });
  scheduleDelivery(
    world,
    {
      kind: "payout_result",
      subject: payout.conversationId,
      shortcode: payout.shortcode,
      url: payout.resultUrl,
      body: toJson(body),
      note: "forged",
    },
    now,
  );
}

function fromRow(row: Row): Payout {
  const plan: unknown = JSON.parse(text(row, "plan"));
  return {
    conversationId: text(row, "conversation_id"),
    originatorConversationId: text(row, "originator_conversation_id"),
    version: word(row, "version", ["v1", "v3"]),
    command: text(row, "command"),
    shortcode: text(row, "shortcode"),
    recipient: text(row, "recipient"),
    amount: fiat("KES", signedCents(row, "amount_cents")),
    remarks: text(row, "remarks"),
    occasion: text(row, "occasion"),
    resultUrl: text(row, "result_url"),
    timeoutUrl: text(row, "timeout_url"),
    initiatorValid: flag(row, "initiator_ok"),
    state: word(row, "state", ["accepted", "closed"]),
    plan: planSchema.parse(plan),
    resultCode: textOrNull(row, "result_code"),
    receipt: textOrNull(row, "receipt"),
    createdAt: integer(row, "created_at"),
    closedAt: integerOrNull(row, "closed_at"),
  };
}
