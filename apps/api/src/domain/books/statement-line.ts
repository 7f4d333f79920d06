import type { Account, Entry } from "../postings.ts";

/** The accounts of a shortcode whose statements M-Pesa's organisation portal has. */
export type StatementAccount = "utility" | "working" | "charges";

/** One movement on an account of ours, as M-Pesa's statement or Pull Transactions reports it. */
export type StatementLine = {
  readonly receipt: string;
  /** M-Pesa's own charge for the transaction with this receipt. */
  readonly isCharge: boolean;
  /** Above zero: paid in. */
  readonly cents: bigint;
  readonly completedAt: number;
  readonly details: string;
  /** Phone number and name, often masked. */
  readonly otherParty: string;
  /** The account number that the payer gave; our own reference, if an STK push asked for the payment. */
  readonly accountReference: string;
  /** The receipt of the transaction that this one reverses. */
  readonly linkedReceipt: string;
};

/** Which of our two shortcodes a statement is of. */
export type ShortcodeRole = "collecting" | "payout";

/** The accounts of the ledger whose sum is the balance of M-Pesa's account. The first takes what is booked by the line. */
export function ledgerAccountsOf(
  role: ShortcodeRole,
  account: StatementAccount,
): readonly [Account<"KES">, ...Account<"KES">[]] {
  switch (account) {
    case "charges":
      return ["mpesa_charges"];
    case "working":
      return role === "payout" ? ["mpesa_working"] : ["mpesa_collections_working"];
    case "utility":
      return role === "payout" ? ["mpesa_available", "mpesa_reserved"] : ["mpesa_collections"];
  }
}

/** A journal that may be the line's, and by how much it changed the line's account. */
type JournalChange = { readonly journalId: bigint; readonly cents: bigint };

export type LineFacts = {
  /** The order that the receipt or the account number names. */
  readonly order: {
    readonly id: string;
    /** A buy that ended, or is a case, without any shillings booked for it. */
    readonly isUncredited: boolean;
    /** M-Pesa may still report what becomes of it. */
    readonly isOpen: boolean;
  } | null;
  /** Journals of that order, and bookings with the receipt as reference, that no other line has. */
  readonly journals: readonly JournalChange[];
  /** An open payout of exactly this amount, whose receipt is not known yet. */
  readonly mayBeOpenPayout: boolean;
  /** An unmatched line that this one cancels out: the other side of a move between our accounts, or a reversal. */
  readonly counterpartId: string | null;
  /** The money was there when the books were opened, so it is in the opening balance. */
  readonly isBeforeOpening: boolean;
};

export type Verdict =
  | { readonly kind: "matched"; readonly journalId: bigint }
  /** A journal of the order has another amount: book the difference and open a case. */
  | { readonly kind: "differs"; readonly journalId: bigint; readonly difference: bigint }
  /** The order that was paid ended without it: credit it. */
  | { readonly kind: "credit"; readonly orderId: string }
  /** M-Pesa's charge: an expense. */
  | { readonly kind: "charge" }
  | { readonly kind: "paired"; readonly counterpartId: string }
  /** It is in the opening balances, and no order has it. */
  | { readonly kind: "opening" }
  /** Book it in kes_unmatched, and open a case. */
  | { readonly kind: "unmatched" }
  /** Judge it again later. */
  | { readonly kind: "wait" };

/** A callback may still bring what explains a line. */
const graceMs = 15 * 60_000;
/** Nothing is waited for longer than M-Pesa is asked about a prompt. */
const maxWaitMs = 48 * 3_600_000;

/** Decides what a line of M-Pesa's statement is. */
export function judgeLine(
  { cents, isCharge, completedAt }: Pick<StatementLine, "cents" | "isCharge" | "completedAt">,
  facts: LineFacts,
  now: number,
): Verdict {
  const same = facts.journals.find((journal) => journal.cents === cents);
  if (same !== undefined) return { kind: "matched", journalId: same.journalId };
  const { order } = facts;
  if (facts.isBeforeOpening && order === null) return { kind: "opening" };
  const age = now - completedAt;
  if (isCharge) return cents < 0n ? { kind: "charge" } : { kind: "unmatched" };
  if (order !== null && order.isUncredited && cents > 0n)
    return { kind: "credit", orderId: order.id };
  const mayStillBe = order?.isOpen === true || facts.mayBeOpenPayout;
  if (mayStillBe && age < maxWaitMs) return { kind: "wait" };
  if (age < graceMs) return { kind: "wait" };
  const other = facts.journals.find((journal) => journal.cents > 0n === cents > 0n);
  if (other !== undefined) {
    return { kind: "differs", journalId: other.journalId, difference: cents - other.cents };
  }
  return facts.counterpartId === null
    ? { kind: "unmatched" }
    : { kind: "paired", counterpartId: facts.counterpartId };
}

/** The entries for a line, or a part of it, that no other journal has. */
export function entriesOfLine(
  account: Account<"KES">,
  counter: "kes_unmatched" | "mpesa_fees",
  cents: bigint,
): readonly Entry[] {
  return [
    { account, currency: "KES", amount: cents },
    { account: counter, currency: "KES", amount: 0n - cents },
  ];
}
