import {
  fiat,
  inForce,
  mpesaB2cLimits,
  mpesaB2cTariffs,
  mpesaPayBillTariffs,
  mpesaStkLimits,
  nairobiMidnight,
} from "@satsconnect/money";
import type { Fiat, RailLimits } from "@satsconnect/money";
import type { Database } from "../store/database.ts";
import { integer, signedCents, text, textOrNull, word } from "../store/rows.ts";
import type { Row } from "../store/rows.ts";
import type { World } from "../world/world.ts";
import type { Customer } from "./customers.ts";
import { receiptNumber } from "./ids.ts";
import { balanceCents, customerAccount, post, shortcodeAccount } from "./ledger.ts";
import type { Leg } from "./ledger.ts";
import type { PayoutResult, StkResult } from "./result-codes.ts";
import type { Shortcode } from "./shortcodes.ts";
import { feeFor, maxCustomerBalance, maxOrganisationBalance } from "./tariffs.ts";

const paymentKinds = ["pay_bill", "payout", "send", "reversal", "opening"] as const;
type PaymentKind = (typeof paymentKinds)[number];

/** A payment with its receipt: `completed` moved money, `declined` did not. */
export type Payment = {
  readonly receipt: string;
  readonly kind: PaymentKind;
  readonly status: "completed" | "declined";
  readonly resultCode: string;
  readonly amount: Fiat<"KES">;
  readonly fee: Fiat<"KES">;
  readonly debitAccount: string;
  readonly creditAccount: string;
  readonly reference: string;
  readonly conversationId: string | null;
  readonly originatorConversationId: string | null;
  readonly initiatedAt: number;
  readonly finalisedAt: number;
  readonly reversedBy: string | null;
};

export type PayBillFacts = {
  readonly amount: Fiat<"KES">;
  readonly fee: Fiat<"KES">;
  readonly limits: RailLimits<"KES">;
  readonly customerBalanceCents: bigint;
  readonly sentTodayCents: bigint;
  readonly repeated: boolean;
  readonly organisationActive: boolean;
  readonly organisationBalanceCents: bigint;
};

/** Decides a customer's payment to an organisation, after the PIN was accepted. Pure. */
export function decidePayBill(facts: PayBillFacts): StkResult {
  if (facts.amount < facts.limits.min) return "belowMinimum";
  if (facts.amount > facts.limits.max) return "aboveMaximum";
  if (!facts.organisationActive) return "notPermitted";
  if (facts.repeated) return "repeated";
  if (facts.sentTodayCents + facts.amount > facts.limits.dailyMax) return "dailyLimit";
  if (facts.customerBalanceCents < facts.amount + facts.fee) return "insufficient";
  if (facts.organisationBalanceCents + facts.amount > maxOrganisationBalance) {
    return "organisationFull";
  }
  return "success";
}

export type PayoutFacts = {
  readonly amount: Fiat<"KES">;
  readonly limits: RailLimits<"KES">;
  readonly initiator: "right" | "wrong" | "locked";
  readonly organisation: "active" | "inactive" | "without_product";
  readonly utilityBalanceCents: bigint;
  readonly recipient: "registered" | "unregistered" | "frozen" | "unknown";
  readonly recipientBalanceCents: bigint;
  readonly receivedTodayCents: bigint;
};

/** Decides a payout. Pure. The order of the checks is assumed. */
export function decidePayout(facts: PayoutFacts): PayoutResult {
  if (facts.initiator === "locked") return "initiatorLocked";
  if (facts.initiator === "wrong") return "initiatorWrong";
  if (facts.organisation === "inactive") return "accountInactive";
  if (facts.organisation === "without_product") return "notPermitted";
  if (facts.amount < facts.limits.min) return "belowMinimum";
  if (facts.amount > facts.limits.max) return "aboveMaximum";
  if (facts.recipient === "unknown") return "noOperator";
  if (facts.recipient !== "registered") return "recipientUnregistered";
  if (facts.utilityBalanceCents < facts.amount) return "insufficient";
  if (facts.receivedTodayCents + facts.amount > facts.limits.dailyMax) return "dailyLimit";
  if (facts.recipientBalanceCents + facts.amount > maxCustomerBalance) return "recipientFull";
  return "success";
}

/** Reads the facts for `decidePayBill`. A `repeatWindowMs` of 0 disables the two-minute rule. */
export function payBillFacts(
  world: World,
  customer: Customer,
  organisation: Shortcode,
  amount: Fiat<"KES">,
  repeatWindowMs: number,
): PayBillFacts {
  const now = world.clock.now();
  const limits = inForce(mpesaStkLimits, now);
  const debit = customerAccount(customer.msisdn);
  const credit = shortcodeAccount(organisation.shortcode, "utility");
  const repeated =
    repeatWindowMs > 0 &&
    world.database.get(
      `SELECT 1 FROM payment WHERE debit_account = ? AND credit_account = ? AND amount_cents = ?
       AND kind = 'pay_bill' AND status = 'completed' AND finalised_at > ? LIMIT 1`,
      debit,
      credit,
      amount,
      now - repeatWindowMs,
    ) !== undefined;
  return {
    amount,
    fee: amount > limits.max ? fiat("KES", 0n) : feeFor(inForce(mpesaPayBillTariffs, now), amount),
    limits,
    customerBalanceCents: balanceCents(world.database, debit),
    sentTodayCents: sentTodayCents(world.database, customer.msisdn, now),
    repeated,
    organisationActive: organisation.active,
    organisationBalanceCents: balanceCents(world.database, credit),
  };
}

/** The payout fee, charged to the organisation's charges account (documented: B2C tariff form). */
export function payoutFee(now: number, amount: Fiat<"KES">): Fiat<"KES"> {
  return feeFor(inForce(mpesaB2cTariffs, now), amount);
}

export function payoutLimits(now: number): RailLimits<"KES"> {
  return inForce(mpesaB2cLimits, now);
}

/** Total a customer has paid and sent since midnight in Nairobi. */
export function sentTodayCents(database: Database, msisdn: string, now: number): bigint {
  return sumToday(database, "debit_account", msisdn, now);
}

/** Total a customer has received since midnight in Nairobi. */
export function receivedTodayCents(database: Database, msisdn: string, now: number): bigint {
  return sumToday(database, "credit_account", msisdn, now);
}

function sumToday(
  database: Database,
  side: "debit_account" | "credit_account",
  msisdn: string,
  now: number,
): bigint {
  const row = database.get(
    `SELECT COALESCE(SUM(amount_cents), 0) AS cents FROM payment
     WHERE ${side} = ? AND status = 'completed' AND kind IN ('pay_bill', 'payout', 'send') AND finalised_at >= ?`,
    customerAccount(msisdn),
    nairobiMidnight(now),
  );
  return row === undefined ? 0n : signedCents(row, "cents");
}

/** Records a payment and, if it completed, posts its legs, in one transaction. */
export function recordPayment(
  world: World,
  payment: Omit<Payment, "receipt" | "finalisedAt" | "reversedBy">,
  legs: readonly Leg[],
): Payment {
  const finalisedAt = world.clock.now();
  const receipt = newReceipt(world);
  return world.database.transaction(() => {
    world.database.run(
      `INSERT INTO payment (receipt, kind, status, result_code, amount_cents, fee_cents, debit_account,
         credit_account, reference, conversation_id, originator_conversation_id, initiated_at, finalised_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      receipt,
      payment.kind,
      payment.status,
      payment.resultCode,
      payment.amount,
      payment.fee,
      payment.debitAccount,
      payment.creditAccount,
      payment.reference,
      payment.conversationId,
      payment.originatorConversationId,
      payment.initiatedAt,
      finalisedAt,
    );
    if (payment.status === "completed") post(world.database, receipt, finalisedAt, legs);
    return { ...payment, receipt, finalisedAt, reversedBy: null };
  });
}

export function findPayment(database: Database, receipt: string): Payment | undefined {
  const row = database.get("SELECT * FROM payment WHERE receipt = ?", receipt);
  return row === undefined ? undefined : paymentFromRow(row);
}

export function paymentFromRow(row: Row): Payment {
  return {
    receipt: text(row, "receipt"),
    kind: word(row, "kind", paymentKinds),
    status: word(row, "status", ["completed", "declined"]),
    resultCode: text(row, "result_code"),
    amount: fiat("KES", signedCents(row, "amount_cents")),
    fee: fiat("KES", signedCents(row, "fee_cents")),
    debitAccount: text(row, "debit_account"),
    creditAccount: text(row, "credit_account"),
    reference: text(row, "reference"),
    conversationId: textOrNull(row, "conversation_id"),
    originatorConversationId: textOrNull(row, "originator_conversation_id"),
    initiatedAt: integer(row, "initiated_at"),
    finalisedAt: integer(row, "finalised_at"),
    reversedBy: textOrNull(row, "reversed_by"),
  };
}

export function newReceipt({ database, clock, entropy }: World): string {
  for (;;) {
    const receipt = receiptNumber(clock.now(), entropy);
    if (database.get("SELECT 1 FROM payment WHERE receipt = ?", receipt) === undefined)
      return receipt;
  }
}
