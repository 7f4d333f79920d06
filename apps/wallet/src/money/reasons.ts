import { mpesaCodeOf } from "@satsconnect/contracts/mpesa/result-codes";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import type { MpesaCustomerReason } from "@satsconnect/contracts/mpesa/result-codes";
import type { OrderReason } from "@satsconnect/contracts/order-reasons";

type PointKey =
  | "pointAgain"
  | "pointNumber"
  | "pointTopUp"
  | "pointWait"
  | "pointPin"
  | "pointLocked"
  | "pointSignal"
  | "pointTalk";

type Meaning = { readonly why: keyof MoneyWords["reason"]; readonly todo: PointKey };

const ofMpesa: Readonly<Record<MpesaCustomerReason, Meaning>> = {
  balance_too_low: { why: "shortOfMoney", todo: "pointTopUp" },
  below_mpesa_minimum: { why: "tooSmall", todo: "pointAgain" },
  above_mpesa_maximum: { why: "tooLarge", todo: "pointAgain" },
  daily_limit_reached: { why: "dailyLimit", todo: "pointNumber" },
  paid_twice_too_soon: { why: "twice", todo: "pointWait" },
  mpesa_busy: { why: "busy", todo: "pointWait" },
  other_prompt_open: { why: "otherPrompt", todo: "pointWait" },
  prompt_expired: { why: "notAnswered", todo: "pointAgain" },
  prompt_not_sent: { why: "notSent", todo: "pointSignal" },
  phone_unreachable: { why: "unreachable", todo: "pointSignal" },
  cancelled_by_user: { why: "cancelled", todo: "pointAgain" },
  wrong_pin: { why: "wrongPin", todo: "pointPin" },
  pin_locked: { why: "pinLocked", todo: "pointLocked" },
  recipient_account_full: { why: "full", todo: "pointNumber" },
  recipient_not_registered: { why: "notRegistered", todo: "pointNumber" },
};

const operatorsFault: Meaning = { why: "ours", todo: "pointTalk" };
const unclear: Meaning = { why: "unclear", todo: "pointTalk" };

const ofOurs: Readonly<Record<OrderReason, Meaning>> = {
  prompt_not_answered: { why: "notAnswered", todo: "pointSignal" },
  prompt_not_confirmed: { why: "notAnswered", todo: "pointAgain" },
  no_invoice_in_time: { why: "unreachable", todo: "pointAgain" },
  refund_asked: { why: "byYou", todo: "pointAgain" },
  closed_by_operator: { why: "byPerson", todo: "pointAgain" },
  not_paid: { why: "tooLate", todo: "pointAgain" },
  paid_too_late: { why: "tooLate", todo: "pointAgain" },
  amount_mismatch: { why: "wrongAmount", todo: "pointTalk" },
  hold_too_short: { why: "tooShort", todo: "pointAgain" },
  payment_returned: { why: "returned", todo: "pointAgain" },
  invoice_refused: { why: "refusedInvoice", todo: "pointAgain" },
  engine_unavailable: { why: "refusedInvoice", todo: "pointAgain" },
  payment_hash_taken: { why: "refusedInvoice", todo: "pointAgain" },
  payout_never_sent: { why: "neverSent", todo: "pointAgain" },
  payout_not_proven_in_time: unclear,
  refund_invoice_needed: unclear,
  cancelled_by_holder: { why: "byYou", todo: "pointAgain" },
};

/** The sentence and next step of an order's reason. An unknown reason is reported as unclear. */
function meaningOf(kind: "buy" | "sell", reason: string | null): Meaning {
  if (reason === null) return unclear;
  const mpesa = mpesaCodeOf(kind, reason);
  if (mpesa === null)
    return Object.hasOwn(ofOurs, reason) ? ofOurs[reason as OrderReason] : unclear;
  if (mpesa.entry === undefined) return kind === "sell" ? operatorsFault : unclear;
  const { reason: id, outcome } = mpesa.entry;
  if (Object.hasOwn(ofMpesa, id)) return ofMpesa[id as MpesaCustomerReason];
  return outcome === "failed" ? operatorsFault : unclear;
}

export function reasonWords(
  kind: "buy" | "sell",
  reason: string | null,
  words: MoneyWords,
): string {
  return words.reason[meaningOf(kind, reason).why];
}

export function todoWords(kind: "buy" | "sell", reason: string | null, words: MoneyWords): string {
  return words.end[meaningOf(kind, reason).todo];
}
