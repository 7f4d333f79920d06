import type { KesCents, Msat } from "@satsconnect/money";

/**
 * The operator's chart of accounts. Debits are positive, credits negative; debits increase assets and expenses. Balances
 * are sums of entries; no account has a balance row that concurrent postings would contend for.
 */
export const accounts = {
  /** Received STK payments, where the collecting shortcode is not the one that makes payouts. */
  mpesa_collections: { currency: "KES", type: "asset" },
  /** Float not promised to any order. With `mpesa_reserved`, the utility account that makes payouts. */
  mpesa_available: { currency: "KES", type: "asset" },
  /** Float reserved for open sells and refunds. */
  mpesa_reserved: { currency: "KES", type: "asset" },
  /** The charges account, which M-Pesa bills later. */
  mpesa_charges: { currency: "KES", type: "liability" },
  /** Shillings of buys whose bitcoin is not delivered yet. */
  buys_undelivered: { currency: "KES", type: "liability" },
  /** Received shillings that belong to a case. */
  kes_suspense: { currency: "KES", type: "liability" },
  /** Paid out for sells whose bitcoin is not claimed yet. */
  sells_unclaimed: { currency: "KES", type: "asset" },
  /** The shilling side of the exchange. */
  exchange_kes: { currency: "KES", type: "equity" },
  fees_kes: { currency: "KES", type: "income" },
  mpesa_fees: { currency: "KES", type: "expense" },
  capital_kes: { currency: "KES", type: "equity" },
  /** Channels and coins of the operator's node. */
  treasury: { currency: "MSAT", type: "asset" },
  /** Sats claimed for sells without proof of the payout. */
  owed_to_holders: { currency: "MSAT", type: "liability" },
  /** The bitcoin side of the exchange. */
  exchange_msat: { currency: "MSAT", type: "equity" },
  routing_fees: { currency: "MSAT", type: "expense" },
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

export type Account = keyof typeof accounts;

/** KES in cents, MSAT in millisatoshis. Positive: debit; negative: credit. */
export type Entry = { readonly account: Account; readonly amount: bigint };

/** One journal. An order has each kind at most once, so nothing is booked twice. */
export type Posting = { readonly kind: PostingKind; readonly entries: readonly Entry[] };

const orderPostingKinds = [
  "kes_received",
  "kes_received_for_case",
  "case_released",
  "sats_delivered",
  "refund_reserved",
  "refund_paid",
  "payout_reserved",
  "payout_released",
  "payout_paid",
  "sats_claimed",
  "sats_claimed_protectively",
  "owed_settled",
  "owed_repaid",
  "case_written_off",
] as const;
export type PostingKind = (typeof orderPostingKinds)[number];

/** @throws Error if the entries of a currency do not sum to zero. */
export function posting(
  kind: PostingKind,
  entries: readonly (readonly [Account, bigint])[],
): Posting {
  const totals = { KES: 0n, MSAT: 0n };
  for (const [account, amount] of entries) totals[accounts[account].currency] += amount;
  if (totals.KES !== 0n || totals.MSAT !== 0n) {
    throw new Error(`${kind} is off by ${totals.KES} cents and ${totals.MSAT} msat`);
  }
  return {
    kind,
    entries: entries
      .filter(([, amount]) => amount !== 0n)
      .map(([account, amount]) => ({ account, amount })),
  };
}

/** Moves an amount from one account (credited) to another (debited). */
export function transfer(
  from: Account,
  to: Account,
  amount: KesCents | Msat,
): readonly (readonly [Account, bigint])[] {
  return [
    [to, amount],
    [from, 0n - amount],
  ];
}
