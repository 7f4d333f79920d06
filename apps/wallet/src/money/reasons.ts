import { mpesaCodeOf } from "@satsconnect/contracts/mpesa/result-codes";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import type { MpesaCustomerReason } from "@satsconnect/contracts/mpesa/result-codes";
import type { OrderReason } from "@satsconnect/contracts/order-reasons";

type NextStepKey =
  | "nextTryAgain"
  | "nextOtherNumber"
  | "nextTopUp"
  | "nextWait"
  | "nextPin"
  | "nextPinLocked"
  | "nextSignal"
  | "nextContactUs";

type Meaning = { readonly reason: keyof MoneyWords["reason"]; readonly nextStep: NextStepKey };

const ofMpesa: Readonly<Record<MpesaCustomerReason, Meaning>> = {
  balance_too_low: { reason: "shortOfMoney", nextStep: "nextTopUp" },
  below_mpesa_minimum: { reason: "tooSmall", nextStep: "nextTryAgain" },
  above_mpesa_maximum: { reason: "tooLarge", nextStep: "nextTryAgain" },
  daily_limit_reached: { reason: "dailyLimit", nextStep: "nextOtherNumber" },
  paid_twice_too_soon: { reason: "twice", nextStep: "nextWait" },
  mpesa_busy: { reason: "busy", nextStep: "nextWait" },
  other_prompt_open: { reason: "otherPrompt", nextStep: "nextWait" },
  prompt_expired: { reason: "notAnswered", nextStep: "nextTryAgain" },
  prompt_not_sent: { reason: "notSent", nextStep: "nextSignal" },
  phone_unreachable: { reason: "unreachable", nextStep: "nextSignal" },
  cancelled_by_user: { reason: "cancelled", nextStep: "nextTryAgain" },
  wrong_pin: { reason: "wrongPin", nextStep: "nextPin" },
  pin_locked: { reason: "pinLocked", nextStep: "nextPinLocked" },
  recipient_account_full: { reason: "full", nextStep: "nextOtherNumber" },
  number_refused: { reason: "notRegistered", nextStep: "nextOtherNumber" },
  amount_refused: { reason: "tooLarge", nextStep: "nextTryAgain" },
  recipient_not_registered: { reason: "notRegistered", nextStep: "nextOtherNumber" },
};

const operatorsFault: Meaning = { reason: "ours", nextStep: "nextContactUs" };
const unclear: Meaning = { reason: "unclear", nextStep: "nextContactUs" };

const ofOurs: Readonly<Record<OrderReason, Meaning>> = {
  prompt_not_answered: { reason: "notAnswered", nextStep: "nextSignal" },
  prompt_not_confirmed: { reason: "notAnswered", nextStep: "nextTryAgain" },
  no_invoice_in_time: { reason: "unreachable", nextStep: "nextTryAgain" },
  refund_asked: { reason: "byYou", nextStep: "nextTryAgain" },
  closed_by_operator: { reason: "byPerson", nextStep: "nextTryAgain" },
  not_paid: { reason: "tooLate", nextStep: "nextTryAgain" },
  paid_too_late: { reason: "tooLate", nextStep: "nextTryAgain" },
  amount_mismatch: { reason: "wrongAmount", nextStep: "nextContactUs" },
  hold_too_short: { reason: "tooShort", nextStep: "nextTryAgain" },
  payment_returned: { reason: "returned", nextStep: "nextTryAgain" },
  invoice_refused: { reason: "refusedInvoice", nextStep: "nextTryAgain" },
  engine_unavailable: { reason: "refusedInvoice", nextStep: "nextTryAgain" },
  payment_hash_taken: { reason: "refusedInvoice", nextStep: "nextTryAgain" },
  payout_never_sent: { reason: "neverSent", nextStep: "nextTryAgain" },
  payout_not_proven_in_time: unclear,
  refund_invoice_needed: unclear,
  cancelled_by_holder: { reason: "byYou", nextStep: "nextTryAgain" },
};

/** The sentence and next step for an order's reason. A missing or unknown reason counts as unclear. */
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

export function reasonText(kind: "buy" | "sell", reason: string | null, words: MoneyWords): string {
  return words.reason[meaningOf(kind, reason).reason];
}

export function nextStepText(
  kind: "buy" | "sell",
  reason: string | null,
  words: MoneyWords,
): string {
  return words.end[meaningOf(kind, reason).nextStep];
}
