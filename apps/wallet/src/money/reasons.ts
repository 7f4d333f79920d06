import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";

type ReasonKey = keyof MoneyWords["reason"];
type PointKey =
  | "pointAgain"
  | "pointNumber"
  | "pointTopUp"
  | "pointWait"
  | "pointPin"
  | "pointLocked"
  | "pointSignal"
  | "pointTalk";

type Meaning = { readonly why: ReasonKey; readonly todo: PointKey };

/*
 * Maps the API's reasons to strings and next steps. M-Pesa's own codes arrive as `mpesa_<code>`. A code can mean
 * something else on a payout than on an STK push, so there is one table for each.
 */
const prompts: Readonly<Record<string, Meaning>> = {
  mpesa_1: { why: "shortOfMoney", todo: "pointTopUp" },
  mpesa_2: { why: "tooSmall", todo: "pointAgain" },
  mpesa_3: { why: "tooLarge", todo: "pointAgain" },
  mpesa_4: { why: "dailyLimit", todo: "pointNumber" },
  mpesa_8: { why: "ours", todo: "pointTalk" },
  mpesa_17: { why: "twice", todo: "pointWait" },
  mpesa_26: { why: "busy", todo: "pointWait" },
  mpesa_1001: { why: "otherPrompt", todo: "pointWait" },
  mpesa_1019: { why: "notAnswered", todo: "pointAgain" },
  mpesa_1025: { why: "notSent", todo: "pointSignal" },
  mpesa_9999: { why: "notSent", todo: "pointSignal" },
  mpesa_1031: { why: "notAnswered", todo: "pointAgain" },
  mpesa_1032: { why: "cancelled", todo: "pointAgain" },
  mpesa_1036: { why: "unreachable", todo: "pointSignal" },
  mpesa_1037: { why: "unreachable", todo: "pointSignal" },
  mpesa_2001: { why: "wrongPin", todo: "pointPin" },
  mpesa_2028: { why: "ours", todo: "pointTalk" },
  mpesa_8006: { why: "pinLocked", todo: "pointLocked" },
  mpesa_SFC_IC0003: { why: "ours", todo: "pointTalk" },
  prompt_not_answered: { why: "notAnswered", todo: "pointSignal" },
  prompt_not_confirmed: { why: "notAnswered", todo: "pointAgain" },
  closed_by_operator: { why: "byPerson", todo: "pointAgain" },
  refund_asked: { why: "byYou", todo: "pointAgain" },
  no_invoice_in_time: { why: "unreachable", todo: "pointAgain" },
};

const payouts: Readonly<Record<string, Meaning>> = {
  mpesa_1: { why: "ours", todo: "pointTalk" },
  mpesa_2: { why: "tooSmall", todo: "pointAgain" },
  mpesa_3: { why: "tooLarge", todo: "pointAgain" },
  mpesa_4: { why: "dailyLimit", todo: "pointNumber" },
  mpesa_8: { why: "full", todo: "pointNumber" },
  mpesa_2040: { why: "notRegistered", todo: "pointNumber" },
  mpesa_SFC_IC0003: { why: "notRegistered", todo: "pointNumber" },
  not_paid: { why: "tooLate", todo: "pointAgain" },
  paid_too_late: { why: "tooLate", todo: "pointAgain" },
  amount_mismatch: { why: "wrongAmount", todo: "pointTalk" },
  hold_too_short: { why: "tooShort", todo: "pointAgain" },
  payment_returned: { why: "returned", todo: "pointAgain" },
  invoice_refused: { why: "refusedInvoice", todo: "pointAgain" },
  engine_unavailable: { why: "refusedInvoice", todo: "pointAgain" },
  payout_never_sent: { why: "neverSent", todo: "pointAgain" },
  cancelled_by_holder: { why: "byYou", todo: "pointAgain" },
  closed_by_operator: { why: "byPerson", todo: "pointAgain" },
};

const ownFault: Meaning = { why: "ours", todo: "pointTalk" };
const unclear: Meaning = { why: "unclear", todo: "pointTalk" };

/** The meaning of a reason; a reason that is not in the tables is called unclear. */
function meaningOf(kind: "buy" | "sell", reason: string | null): Meaning {
  if (reason === null) return unclear;
  const known = (kind === "buy" ? prompts : payouts)[reason];
  if (known !== undefined) return known;
  return kind === "sell" && reason.startsWith("mpesa_") ? ownFault : unclear;
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
