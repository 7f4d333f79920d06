import { fiat } from "@satsconnect/money";
import { scheduleDelivery } from "../callbacks/deliveries.ts";
import type { Fiat } from "@satsconnect/money";
import { planSchema } from "../faults/plan.ts";
import type { Plan } from "../faults/plan.ts";
import { checkPin, findCustomer } from "../mpesa/customers.ts";
import { checkoutRequestId, gatewayId } from "../mpesa/ids.ts";
import { ksh, notEnough, pinLockedMessage, sendSms, wrongPinMessage } from "../mpesa/sms.ts";
import { payBill } from "../mpesa/pay-bill.ts";
import { findPayment, newReceipt } from "../mpesa/payments.ts";
import { balanceCents, customerAccount } from "../mpesa/ledger.ts";
import { stkResults, stkDescription } from "../mpesa/result-codes.ts";
import type { StkResult } from "../mpesa/result-codes.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import { readSettings } from "../world/settings.ts";
import { integer, integerOrNull, signedCents, text, textOrNull, word } from "../store/rows.ts";
import type { Row } from "../store/rows.ts";
import type { World } from "../world/world.ts";
import { toJson } from "../shared/json.ts";
import { scheduleOutcome } from "../callbacks/schedule-outcome.ts";
import { stkCallback } from "./shapes.ts";

/** An M-Pesa Express payment, from its request to its callback. */
export type StkPush = {
  readonly checkoutRequestId: string;
  readonly merchantRequestId: string;
  readonly shortcode: string;
  readonly partyB: string;
  /** The customer who is prompted and pays. */
  readonly msisdn: string;
  readonly amount: Fiat<"KES">;
  readonly reference: string;
  readonly description: string;
  readonly callbackUrl: string;
  readonly state: "accepted" | "prompting" | "closed";
  readonly plan: Plan;
  readonly resultCode: string | null;
  readonly receipt: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly closedAt: number | null;
};

export type NewStkPush = Pick<
  StkPush,
  "shortcode" | "partyB" | "msisdn" | "amount" | "reference" | "description" | "callbackUrl"
>;

/** Maximum characters of a prompt; a longer one ends with result 1025 (documented). */
const maxPromptLength = 182;

/** Whether another push is open for this subscriber; a second one is refused (documented). */
export function hasOpenPush(world: World, msisdn: string): boolean {
  return (
    world.database.get(
      "SELECT 1 FROM stk_push WHERE prompted = ? AND state <> 'closed' AND expires_at > ? LIMIT 1",
      msisdn,
      world.clock.now(),
    ) !== undefined
  );
}

/**
 * Accepts a push. With `misconfiguration`, the fields are valid but the organisation is not allowed to make this push: it
 * is acknowledged and then ends with that result, without a prompt (documented: the codes; assumed: the timing).
 */
export function acceptPush(
  world: World,
  push: NewStkPush,
  plan: Plan,
  misconfiguration: StkResult | null,
): StkPush {
  const now = world.clock.now();
  const settings = readSettings(world.database);
  const accepted: StkPush = {
    ...push,
    checkoutRequestId: newCheckoutRequestId(world, push.msisdn),
    merchantRequestId: gatewayId(world.entropy),
    state: "accepted",
    plan,
    resultCode: null,
    receipt: null,
    createdAt: now,
    expiresAt: now + settings.promptDelayMs + settings.promptLifetimeMs,
    closedAt: null,
  };
  world.database.run(
    `INSERT INTO stk_push (checkout_request_id, merchant_request_id, shortcode, party_b, prompted, amount_cents,
       reference, description, callback_url, state, plan, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    accepted.checkoutRequestId,
    accepted.merchantRequestId,
    accepted.shortcode,
    accepted.partyB,
    accepted.msisdn,
    accepted.amount,
    accepted.reference,
    accepted.description,
    accepted.callbackUrl,
    accepted.state,
    JSON.stringify(accepted.plan),
    accepted.createdAt,
    accepted.expiresAt,
  );
  if (plan.delivery.forgedFirst) scheduleForgedCallback(world, accepted);
  if (misconfiguration !== null) {
    close(world, accepted, misconfiguration);
  } else if (promptText(world, accepted).length > maxPromptLength) {
    close(world, accepted, "pushFailed");
  } else if (plan.outcome.type !== "never") {
    world.workQueue.add(now + settings.promptDelayMs, "stk_prompt", accepted.checkoutRequestId);
    world.workQueue.add(accepted.expiresAt, "stk_expire", accepted.checkoutRequestId);
  }
  return accepted;
}

/** The text of the prompt on the phone. */
export function promptText(world: World, push: StkPush): string {
  const name = findShortcode(world.database, push.partyB)?.name ?? push.partyB;
  const amount = ksh(push.amount);
  return findCustomer(world.database, push.msisdn)?.language === "sw"
    ? `Ungependa kulipa ${amount} kwa ${name} akaunti nambari ${push.reference}? Weka PIN ya M-PESA:`
    : `Do you want to pay ${amount} to ${name} Account no. ${push.reference}? Enter M-PESA PIN:`;
}

/** Shows the prompt on the phone. If a fault decides the outcome, schedules the answer instead. */
export function showPrompt(world: World, id: string): void {
  const push = findPush(world, id);
  if (push === undefined || push.state !== "accepted") return;
  const { outcome } = push.plan;
  const customer = findCustomer(world.database, push.msisdn);
  if (outcome.type === "real") {
    const reached =
      customer !== undefined && customer.reachable && customer.status === "registered";
    if (!reached) return;
    world.database.run("UPDATE stk_push SET state = 'prompting' WHERE checkout_request_id = ?", id);
    world.changes.notify(`handset:${push.msisdn}`, "prompt");
  } else if (outcome.type !== "unreachable") {
    const { answerDelayMs } = readSettings(world.database);
    world.workQueue.add(world.clock.now() + answerDelayMs, "stk_answer", id);
  }
}

/** Answers for the customer, if a fault determines the answer. */
export function answerByPlan(world: World, id: string): void {
  const push = findPush(world, id);
  if (push === undefined || push.state === "closed") return;
  const { outcome } = push.plan;
  if (outcome.type === "approve") pay(world, push);
  else if (outcome.type === "cancel") close(world, push, "cancelled");
  else if (outcome.type === "result") closeWithCode(world, push, outcome.code);
}

export type HandsetAnswer =
  | { readonly type: "pin"; readonly pin: string }
  | { readonly type: "cancel" };

/** Handles the customer's answer. @returns false when the prompt is not open on this phone. */
export function answerPrompt(
  world: World,
  id: string,
  msisdn: string,
  answer: HandsetAnswer,
): boolean {
  return world.database.transaction(() => {
    const push = findPush(world, id);
    if (push === undefined || push.state !== "prompting" || push.msisdn !== msisdn) return false;
    const customer = findCustomer(world.database, msisdn);
    if (customer === undefined) return false;
    if (answer.type === "cancel") {
      close(world, push, "cancelled");
      return true;
    }
    const checked = checkPin(world.database, customer, answer.pin);
    if (checked === "right") {
      pay(world, push);
    } else if (checked === "wrong") {
      sendSms(world, msisdn, wrongPinMessage(customer.language), null);
      close(world, push, "wrongPin");
    } else {
      sendSms(world, msisdn, pinLockedMessage(customer.language), null);
      close(world, push, "pinLocked");
    }
    return true;
  });
}

/** Ends an unanswered push with result 1037. */
export function expirePrompt(world: World, id: string): void {
  const push = findPush(world, id);
  if (push === undefined || push.state === "closed") return;
  close(world, push, "unanswered");
  const { outcome } = push.plan;
  if (outcome.type === "unreachable" && outcome.lateSuccessAfterMs !== null) {
    world.workQueue.add(world.clock.now() + outcome.lateSuccessAfterMs, "stk_late_payment", id);
  }
}

/** Pays after 1037 was reported: the query's answer changes and a second callback follows (assumed). */
export function payLate(world: World, id: string): void {
  const push = findPush(world, id);
  if (push !== undefined && push.resultCode === stkResults.unanswered.code) pay(world, push);
}

/** The open prompt on the phone, if any. */
export function openPrompt(world: World, msisdn: string): StkPush | undefined {
  const row = world.database.get(
    `SELECT * FROM stk_push WHERE prompted = ? AND state = 'prompting'
     ORDER BY created_at LIMIT 1`,
    msisdn,
  );
  return row === undefined ? undefined : fromRow(row);
}

export function findPush(world: World, id: string): StkPush | undefined {
  const row = world.database.get("SELECT * FROM stk_push WHERE checkout_request_id = ?", id);
  return row === undefined ? undefined : fromRow(row);
}

export function listPushes(world: World, limit: number): readonly StkPush[] {
  return world.database
    .all("SELECT * FROM stk_push ORDER BY created_at DESC, rowid DESC LIMIT ?", limit)
    .map(fromRow);
}

function pay(world: World, push: StkPush): void {
  const customer = findCustomer(world.database, push.msisdn);
  const organisation = findShortcode(world.database, push.partyB);
  if (customer === undefined || customer.status !== "registered" || organisation === undefined) {
    close(world, push, "noOperator");
    return;
  }
  const paid = payBill(world, {
    customer,
    organisation,
    amount: push.amount,
    reference: push.reference,
    conversationId: null,
    originatorConversationId: push.merchantRequestId,
    initiatedAt: push.createdAt,
  });
  if (paid.type === "refused") {
    if (paid.result === "insufficient") {
      const balance = balanceCents(world.database, customerAccount(customer.msisdn));
      const text = notEnough(customer.language, push.amount, organisation.name, balance);
      sendSms(world, customer.msisdn, text, null);
    }
    close(world, push, paid.result);
    return;
  }
  finish(world, push, stkResults.success.code, paid.payment.receipt);
}

function close(world: World, push: StkPush, result: StkResult): void {
  closeWithCode(world, push, stkResults[result].code);
}

function closeWithCode(world: World, push: StkPush, code: string): void {
  finish(world, push, code, null);
}

function finish(world: World, push: StkPush, code: string, receipt: string | null): void {
  const { callbackDelayMs } = readSettings(world.database);
  world.database.run(
    `UPDATE stk_push SET state = 'closed', result_code = ?, receipt = ?, closed_at = ?
     WHERE checkout_request_id = ?`,
    code,
    receipt,
    world.clock.now(),
    push.checkoutRequestId,
  );
  const payment = receipt === null ? undefined : findPayment(world.database, receipt);
  const body = stkCallback(
    {
      merchantRequestId: push.merchantRequestId,
      checkoutRequestId: push.checkoutRequestId,
      code,
      description: stkDescription(code, "callback"),
      paid:
        payment === undefined
          ? null
          : {
              amount: payment.amount,
              receipt: payment.receipt,
              at: payment.finalisedAt,
              msisdn: push.msisdn,
            },
    },
    push.plan.delivery.alteration,
  );
  scheduleOutcome(
    world,
    push.plan,
    {
      kind: "stk_callback",
      subject: push.checkoutRequestId,
      shortcode: push.shortcode,
      url: push.callbackUrl,
      body: toJson(body),
    },
    callbackDelayMs,
  );
  world.changes.notify(`handset:${push.msisdn}`, "change");
}

function scheduleForgedCallback(world: World, push: StkPush): void {
  const now = world.clock.now();
  const { callbackDelayMs } = readSettings(world.database);
  const body = stkCallback({
    merchantRequestId: push.merchantRequestId,
    checkoutRequestId: push.checkoutRequestId,
    code: stkResults.success.code,
    description: stkResults.success.callback,
    paid: { amount: push.amount, receipt: newReceipt(world), at: now, msisdn: push.msisdn },
  });
  scheduleDelivery(
    world,
    {
      kind: "stk_callback",
      subject: push.checkoutRequestId,
      shortcode: push.shortcode,
      url: push.callbackUrl,
      body: toJson(body),
      note: "forged",
    },
    now + callbackDelayMs,
  );
}

function newCheckoutRequestId(world: World, msisdn: string): string {
  for (let at = world.clock.now(); ; at += 1) {
    const id = checkoutRequestId(at, msisdn);
    if (findPush(world, id) === undefined) return id;
  }
}

function fromRow(row: Row): StkPush {
  const plan: unknown = JSON.parse(text(row, "plan"));
  return {
    checkoutRequestId: text(row, "checkout_request_id"),
    merchantRequestId: text(row, "merchant_request_id"),
    shortcode: text(row, "shortcode"),
    partyB: text(row, "party_b"),
    msisdn: text(row, "prompted"),
    amount: fiat("KES", signedCents(row, "amount_cents")),
    reference: text(row, "reference"),
    description: text(row, "description"),
    callbackUrl: text(row, "callback_url"),
    state: word(row, "state", ["accepted", "prompting", "closed"]),
    plan: planSchema.parse(plan),
    resultCode: textOrNull(row, "result_code"),
    receipt: textOrNull(row, "receipt"),
    createdAt: integer(row, "created_at"),
    expiresAt: integer(row, "expires_at"),
    closedAt: integerOrNull(row, "closed_at"),
  };
}
