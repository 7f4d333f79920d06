import { accounts } from "../../domain/postings.ts";
import type { Account, Entry, LedgerCurrency } from "../../domain/postings.ts";
import type { Journal, Ledger, MpesaFigures, TreasuryFigures } from "./ports.ts";

export type Comparison = {
  readonly figure: "mpesa_collections" | "mpesa_utility" | "mpesa_charges" | "treasury";
  readonly currency: LedgerCurrency;
  readonly ledger: bigint;
  /** M-Pesa's or the node's own figure. */
  readonly actual: bigint;
  /** `actual` less `ledger`: zero when they agree. */
  readonly difference: bigint;
};

/**
 * Compares the ledger with M-Pesa's and the node's own figures. While an order is in progress, these may differ by the
 * amount that it moves. Otherwise a difference is an error or belongs to a case.
 */
export async function reconcile(
  ledger: Ledger,
  figures: { readonly mpesa?: MpesaFigures; readonly treasury?: TreasuryFigures },
): Promise<readonly Comparison[]> {
  const balances = await ledger.balances();
  const balanceOf = (account: Account) => balances.get(account) ?? 0n;
  const comparisons: Comparison[] = [];
  const compare = (
    figure: Comparison["figure"],
    currency: Comparison["currency"],
    booked: bigint,
    actual: bigint,
  ) => comparisons.push({ figure, currency, ledger: booked, actual, difference: actual - booked });
  const { mpesa, treasury } = figures;
  if (mpesa !== undefined) {
    compare(
      "mpesa_utility",
      "KES",
      balanceOf("mpesa_available") + balanceOf("mpesa_reserved"),
      mpesa.utilityCents,
    );
    compare("mpesa_charges", "KES", balanceOf("mpesa_charges"), mpesa.chargesCents);
    if (mpesa.collectionsCents !== undefined) {
      compare("mpesa_collections", "KES", balanceOf("mpesa_collections"), mpesa.collectionsCents);
    }
  }
  if (treasury !== undefined)
    compare("treasury", "MSAT", balanceOf("treasury"), treasury.ownedMsat);
  return comparisons;
}

/** The sum of all entries per currency. Always zero. */
export async function ledgerTotals(
  ledger: Ledger,
): Promise<{ readonly kesCents: bigint; readonly msat: bigint }> {
  const totals = { KES: 0n, MSAT: 0n };
  for (const [account, balance] of await ledger.balances()) {
    totals[accounts[account].currency] += balance;
  }
  return { kesCents: totals.KES, msat: totals.MSAT };
}

/**
 * Posts the opening balances of M-Pesa and the node once, so that the ledger agrees with them before the first order.
 * Returns false if they were posted before.
 */
export async function bookOpening(
  ledger: Ledger,
  { mpesa, treasury }: { readonly mpesa: MpesaFigures; readonly treasury: TreasuryFigures },
  at: number,
): Promise<boolean> {
  const openings: Readonly<Partial<Record<Account, readonly Entry[]>>> = {
    mpesa_available: kesFromCapital("mpesa_available", mpesa.utilityCents),
    mpesa_charges: kesFromCapital("mpesa_charges", mpesa.chargesCents),
    mpesa_collections: kesFromCapital("mpesa_collections", mpesa.collectionsCents ?? 0n),
    treasury: msatFromCapital("treasury", treasury.ownedMsat),
  };
  const journals = Object.entries(openings)
    .filter(([, entries]) => entries.length > 0)
    .map(([kind, entries]) => ({ reference: openingMarker.reference, kind, entries }));
  const counters = [
    counterJournal("fees_earned", treasury.feesEarnedMsat, []),
    counterJournal("on_chain_fees", treasury.onChainFeesMsat, []),
  ];
  return ledger.postOnce(openingMarker, [...journals, ...counters], at);
}

export function isOpeningBooked(ledger: Ledger): Promise<boolean> {
  return ledger.isPosted(openingMarker.reference, openingMarker.kind);
}

const openingMarker: Journal = { reference: "opening", kind: "opening", entries: [] };

/**
 * Posts the node's income from forwarding and opening channels, and its on-chain fees, since the last call. The counters'
 * values are the journals' references, so repeating a call posts nothing twice.
 */
export async function bookNodeIncome(
  ledger: Ledger,
  { feesEarnedMsat, onChainFeesMsat }: TreasuryFigures,
  at: number,
): Promise<void> {
  const earned = feesEarnedMsat - (await lastCounter(ledger, "fees_earned"));
  const spent = onChainFeesMsat - (await lastCounter(ledger, "on_chain_fees"));
  const journals = [];
  if (earned > 0n) {
    journals.push(
      counterJournal("fees_earned", feesEarnedMsat, [
        { account: "treasury", currency: "MSAT", amount: earned },
        { account: "node_income", currency: "MSAT", amount: -earned },
      ]),
    );
  }
  if (spent > 0n) {
    journals.push(
      counterJournal("on_chain_fees", onChainFeesMsat, [
        { account: "node_expenses", currency: "MSAT", amount: spent },
        { account: "treasury", currency: "MSAT", amount: -spent },
      ]),
    );
  }
  if (journals.length > 0) await ledger.post(journals, at);
}

/**
 * Posts money the operator adds or withdraws, such as a float top-up. Returns false if the reference was posted before.
 */
export async function bookCapital(
  ledger: Ledger,
  movement: {
    readonly reference: string;
    readonly account: "mpesa_available" | "treasury";
    /** Cents or millisatoshis; positive when added. */
    readonly amount: bigint;
  },
  at: number,
): Promise<boolean> {
  const entries =
    movement.account === "treasury"
      ? msatFromCapital(movement.account, movement.amount)
      : kesFromCapital(movement.account, movement.amount);
  return (await ledger.post([{ reference: movement.reference, kind: "capital", entries }], at)) > 0;
}

/** Posts a transfer from the collecting shortcode to the payout shortcode, which turns collections into float. */
export async function bookCollectionMoved(
  ledger: Ledger,
  movement: { readonly reference: string; readonly amountCents: bigint },
  at: number,
): Promise<boolean> {
  const entries: readonly Entry[] = [
    { account: "mpesa_available", currency: "KES", amount: movement.amountCents },
    { account: "mpesa_collections", currency: "KES", amount: -movement.amountCents },
  ];
  const { reference } = movement;
  return (await ledger.post([{ reference, kind: "collection_moved", entries }], at)) > 0;
}

/** The reference is the counter's value, padded to 20 digits so that text order is numeric order. */
function counterJournal(name: string, value: bigint, entries: readonly Entry[]) {
  return { reference: String(value).padStart(20, "0"), kind: `counter_${name}`, entries };
}

async function lastCounter(ledger: Ledger, name: string): Promise<bigint> {
  return BigInt((await ledger.lastReference(`counter_${name}`)) ?? "0");
}

function kesFromCapital(account: Account<"KES">, amount: bigint): readonly Entry[] {
  if (amount === 0n) return [];
  return [
    { account, currency: "KES", amount },
    { account: "capital_kes", currency: "KES", amount: -amount },
  ];
}

function msatFromCapital(account: Account<"MSAT">, amount: bigint): readonly Entry[] {
  if (amount === 0n) return [];
  return [
    { account, currency: "MSAT", amount },
    { account: "capital_msat", currency: "MSAT", amount: -amount },
  ];
}
