import type { Fiat, Msat } from "@satsconnect/money";

/**
 * The operator's chart of accounts. Debits are positive, credits negative; debits increase assets and expenses. Balances
 * are sums of entries; no account has a balance row that concurrent postings would contend for.
 */
export const accounts = {
  /** Received STK payments, if the collecting shortcode is not the one that makes payouts. */
  mpesa_collections: { currency: "KES", type: "asset" },
  /** Float not reserved for any order. Together with `mpesa_reserved`, the utility account that makes payouts. */
  mpesa_available: { currency: "KES", type: "asset" },
  /** Float reserved for open sells and refunds. */
  mpesa_reserved: { currency: "KES", type: "asset" },
  /** Working account of the payout shortcode. Money moves from it to the utility account and to the bank. */
  mpesa_working: { currency: "KES", type: "asset" },
  /** Working account of the collecting shortcode, if it is another one. */
  mpesa_collections_working: { currency: "KES", type: "asset" },
  bank_kes: { currency: "KES", type: "asset" },
  /** The charges account, which M-Pesa bills later. */
  mpesa_charges: { currency: "KES", type: "liability" },
  /** Shillings of buys whose bitcoin is not delivered yet. */
  buys_undelivered: { currency: "KES", type: "liability" },
  /** Received shillings that wait for manual review in a case. */
  kes_suspense: { currency: "KES", type: "liability" },
  /** Money that only M-Pesa's statement knows, until an operator says what it is. */
  kes_unmatched: { currency: "KES", type: "liability" },
  /** Paid out for sells whose bitcoin is not claimed yet. */
  sells_unclaimed: { currency: "KES", type: "asset" },
  /** The shilling side of the exchange. */
  exchange_kes: { currency: "KES", type: "equity" },
  fees_kes: { currency: "KES", type: "income" },
  /** Payments that M-Pesa took back from us for the payer, after we had delivered. */
  reversed_by_payers: { currency: "KES", type: "asset" },
  /** Losses that the operator bears (debit), and money that nobody can be paid (credit), by an operator's act with its reason. */
  write_offs_kes: { currency: "KES", type: "expense" },
  mpesa_fees: { currency: "KES", type: "expense" },
  taxes_kes: { currency: "KES", type: "expense" },
  capital_kes: { currency: "KES", type: "equity" },
  /** Channels and coins of the operator's node. */
  treasury: { currency: "MSAT", type: "asset" },
  /** Sats claimed for sells without proof of the payout. */
  owed_to_holders: { currency: "MSAT", type: "liability" },
  /** Sats that a holder received twice, or besides a refund, and that the operator may ask back. */
  sats_receivable: { currency: "MSAT", type: "asset" },
  /** The bitcoin side of the exchange. */
  exchange_msat: { currency: "MSAT", type: "equity" },
  routing_fees: { currency: "MSAT", type: "expense" },
  write_offs_msat: { currency: "MSAT", type: "expense" },
  /** Sats paid above the invoice's amount. */
  overpayments: { currency: "MSAT", type: "income" },
  /** Fees earned by forwarding and by opening channels. */
  node_income: { currency: "MSAT", type: "income" },
  /** On-chain fees. */
  node_expenses: { currency: "MSAT", type: "expense" },
  capital_msat: { currency: "MSAT", type: "equity" },
} as const satisfies Record<
  string,
  {
    readonly currency: "KES" | "MSAT";
    readonly type: "asset" | "liability" | "equity" | "income" | "expense";
  }
>;

/** The currency of an account. `MSAT` is bitcoin, counted in millisatoshis. */
export type LedgerCurrency = (typeof accounts)[keyof typeof accounts]["currency"];

/** The accounts kept in a currency: `Account<"KES">`; without an argument, all of them. */
export type Account<C extends LedgerCurrency = LedgerCurrency> = {
  [Code in keyof typeof accounts]: (typeof accounts)[Code]["currency"] extends C ? Code : never;
}[keyof typeof accounts];

/** An amount in a ledger currency; never negative. */
export type LedgerAmount<C extends LedgerCurrency> = { KES: Fiat<"KES">; MSAT: Msat }[C];

/**
 * One line of a journal: `amount` in cents or millisatoshis, a debit when positive and a credit when negative. `currency`
 * must be the account's; otherwise the database refuses the journal.
 */
export type Entry<C extends LedgerCurrency = LedgerCurrency> = {
  [Each in C]: {
    readonly account: Account<Each>;
    readonly currency: Each;
    readonly amount: bigint;
  };
}[C];

/** One journal. An order has each kind at most once, so nothing is booked twice. */
export type Posting = { readonly kind: PostingKind; readonly entries: readonly Entry[] };

type OrderPostingKind =
  | "kes_received"
  | "sats_delivered"
  | "payout_reserved"
  | "payout_released"
  | "payout_paid"
  | "sats_claimed"
  | "sats_claimed_protectively"
  | "owed_settled"
  | "owed_repaid";

/** Journals of an order's case file. One kind can occur again, so each has the number of its place in the file. */
export type CasePostingKind =
  | "suspense_received"
  | "suspense_corrected"
  | "suspense_credited"
  | "suspense_released"
  | "set_aside"
  | "refund_reserved"
  | "refund_released"
  | "refund_paid"
  | "refund_reversed"
  | "kept_from_refund"
  | "payment_reversed"
  | "delivered_late"
  | "sats_sent_in_excess"
  | "payout_unmade"
  | "payout_paid_late"
  | "payout_reserved_again"
  | "payout_released_again"
  | "written_off";

export type PostingKind = OrderPostingKind | `${CasePostingKind}:${number}`;

/**
 * A posting without its zero entries.
 * @throws Error if the entries of a currency do not sum to zero.
 */
export function posting(kind: PostingKind, entries: readonly Entry[]): Posting {
  const imbalance = findImbalance(entries);
  if (imbalance !== null) throw new Error(`${kind} ${imbalance}`);
  return { kind, entries: entries.filter(({ amount }) => amount !== 0n) };
}

/**
 * Describes why a journal is invalid: it does not sum to zero in a currency, or mixes currencies. Null if it is valid.
 */
export function findImbalance(entries: readonly Entry[]): string | null {
  const totals: Record<LedgerCurrency, bigint> = { KES: 0n, MSAT: 0n };
  for (const { account, currency, amount } of entries) {
    if (accounts[account].currency !== currency) {
      return `books ${currency} in ${account}, a ${accounts[account].currency} account`;
    }
    totals[currency] += amount;
  }
  return totals.KES === 0n && totals.MSAT === 0n
    ? null
    : `does not balance: it is off by ${totals.KES} cents and ${totals.MSAT} msat`;
}

/** Moves an amount from one account, which is credited, to another, which is debited. */
export function transfer<C extends LedgerCurrency>(
  currency: C,
  from: Account<NoInfer<C>>,
  to: Account<NoInfer<C>>,
  amount: LedgerAmount<NoInfer<C>>,
): readonly Entry[] {
  return [debit(currency, to, amount), credit(currency, from, amount)];
}

export function debit<C extends LedgerCurrency>(
  currency: C,
  account: Account<NoInfer<C>>,
  amount: LedgerAmount<NoInfer<C>>,
): Entry {
  return signedEntry(currency, account, amount);
}

export function credit<C extends LedgerCurrency>(
  currency: C,
  account: Account<NoInfer<C>>,
  amount: LedgerAmount<NoInfer<C>>,
): Entry {
  const value: bigint = amount;
  return signedEntry(currency, account, -value);
}

/** The net entry of a debit and a credit to the same account; the larger one decides the sign. */
export function debitLessCredit<C extends LedgerCurrency>(
  currency: C,
  account: Account<NoInfer<C>>,
  amounts: {
    readonly debit: LedgerAmount<NoInfer<C>>;
    readonly credit: LedgerAmount<NoInfer<C>>;
  },
): Entry {
  const [debited, credited]: readonly [bigint, bigint] = [amounts.debit, amounts.credit];
  return signedEntry(currency, account, debited - credited);
}

/** The cast is sound because `account` is typed by `currency`, which TypeScript cannot follow through a generic. */
function signedEntry<C extends LedgerCurrency>(
  currency: C,
  account: Account<C>,
  amount: bigint,
): Entry {
  return { account, currency, amount } as unknown as Entry;
}
