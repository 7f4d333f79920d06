import { inTransaction } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import { accounts } from "../domain/postings.ts";
import type { Account, Entry, LedgerCurrency } from "../domain/postings.ts";
import { createLedger, postJournals } from "./ledger.ts";

/** M-Pesa's own figures, in cents, as Account Balance gives them. */
export type MpesaFigures = {
  /** Of the shortcode that pays out. */
  readonly utilityCents: bigint;
  readonly chargesCents: bigint;
  /** Of the shortcode that prompts pay into, where it is another and was asked. */
  readonly collectionsCents?: bigint;
};

/** The node's own figures. The two counters only ever rise. */
export type TreasuryFigures = {
  /** Everything that the node owns: channels' local balances and coins, in millisatoshis. */
  readonly ownedMsat: bigint;
  readonly feesEarnedMsat: bigint;
  readonly onChainFeesMsat: bigint;
};

export type Comparison = {
  readonly what: "mpesa_collections" | "mpesa_utility" | "mpesa_charges" | "treasury";
  readonly currency: LedgerCurrency;
  readonly books: bigint;
  readonly outside: bigint;
  /** Outside less books: zero when they agree. */
  readonly difference: bigint;
};

/**
 * Sets the books beside the world. While an order is under way M-Pesa or the node is ahead of the books by what that
 * order moves; at rest every difference is zero, or a case.
 */
export async function reconcile(
  database: Database,
  figures: { readonly mpesa?: MpesaFigures; readonly treasury?: TreasuryFigures },
): Promise<readonly Comparison[]> {
  const balances = await createLedger(database).balances();
  const of = (account: Account) => balances.get(account) ?? 0n;
  const comparisons: Comparison[] = [];
  const compare = (
    what: Comparison["what"],
    currency: Comparison["currency"],
    books: bigint,
    outside: bigint,
  ) => comparisons.push({ what, currency, books, outside, difference: outside - books });
  const { mpesa, treasury } = figures;
  if (mpesa !== undefined) {
    compare(
      "mpesa_utility",
      "KES",
      of("mpesa_available") + of("mpesa_reserved"),
      mpesa.utilityCents,
    );
    compare("mpesa_charges", "KES", of("mpesa_charges"), mpesa.chargesCents);
    if (mpesa.collectionsCents !== undefined) {
      compare("mpesa_collections", "KES", of("mpesa_collections"), mpesa.collectionsCents);
    }
  }
  if (treasury !== undefined) compare("treasury", "MSAT", of("treasury"), treasury.ownedMsat);
  return comparisons;
}

/** The sum of all entries of each currency: zero, always. */
export async function ledgerTotals(
  database: Database,
): Promise<{ readonly kesCents: bigint; readonly msat: bigint }> {
  const totals = { KES: 0n, MSAT: 0n };
  for (const [account, balance] of await createLedger(database).balances()) {
    totals[accounts[account].currency] += balance;
  }
  return { kesCents: totals.KES, msat: totals.MSAT };
}

/**
 * Books what was there before the first order, once: the books begin in agreement with the world. Gives false when that
 * was done before.
 */
export async function bookOpening(
  database: Database,
  { mpesa, treasury }: { readonly mpesa: MpesaFigures; readonly treasury: TreasuryFigures },
  at: number,
): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    const marker = { reference: "opening", kind: "opening", entries: [] };
    if ((await postJournals(transaction, [marker], at)) === 0) return false;
    const openings: Readonly<Partial<Record<Account, readonly Entry[]>>> = {
      mpesa_available: kesFromCapital("mpesa_available", mpesa.utilityCents),
      mpesa_charges: kesFromCapital("mpesa_charges", mpesa.chargesCents),
      mpesa_collections: kesFromCapital("mpesa_collections", mpesa.collectionsCents ?? 0n),
      treasury: msatFromCapital("treasury", treasury.ownedMsat),
    };
    const journals = Object.entries(openings)
      .filter(([, entries]) => entries.length > 0)
      .map(([kind, entries]) => ({ reference: "opening", kind, entries }));
    const counters = [
      counter("fees_earned", treasury.feesEarnedMsat, []),
      counter("on_chain_fees", treasury.onChainFeesMsat, []),
    ];
    await postJournals(transaction, [...journals, ...counters], at);
    return true;
  });
}

/**
 * Books what the node earned by forwarding and opening channels, and spent on chain, since the last time. The counters'
 * last values are in the references, so repeating it books nothing twice.
 */
export async function bookNodeIncome(
  database: Database,
  { feesEarnedMsat, onChainFeesMsat }: TreasuryFigures,
  at: number,
): Promise<void> {
  const earned = feesEarnedMsat - (await lastCounter(database, "fees_earned"));
  const spent = onChainFeesMsat - (await lastCounter(database, "on_chain_fees"));
  const journals = [];
  if (earned > 0n) {
    journals.push(
      counter("fees_earned", feesEarnedMsat, [
        { account: "treasury", currency: "MSAT", amount: earned },
        { account: "node_income", currency: "MSAT", amount: -earned },
      ]),
    );
  }
  if (spent > 0n) {
    journals.push(
      counter("on_chain_fees", onChainFeesMsat, [
        { account: "node_expenses", currency: "MSAT", amount: spent },
        { account: "treasury", currency: "MSAT", amount: -spent },
      ]),
    );
  }
  if (journals.length > 0) await postJournals(database, journals, at);
}

/** Money that the operator brings in or takes out: a float top-up, a deposit into the treasury. */
export async function bookCapital(
  database: Database,
  movement: {
    readonly reference: string;
    readonly account: "mpesa_available" | "treasury";
    /** Above zero: brought in. */
    readonly amount: bigint;
  },
  at: number,
): Promise<boolean> {
  const entries =
    movement.account === "treasury"
      ? msatFromCapital(movement.account, movement.amount)
      : kesFromCapital(movement.account, movement.amount);
  return (
    (await postJournals(
      database,
      [{ reference: movement.reference, kind: "capital", entries }],
      at,
    )) > 0
  );
}

/** A person moved shillings from the collecting shortcode to the one that pays out: from now on they are float. */
export async function bookCollectionMoved(
  database: Database,
  movement: { readonly reference: string; readonly amountCents: bigint },
  at: number,
): Promise<boolean> {
  const entries: readonly Entry[] = [
    { account: "mpesa_available", currency: "KES", amount: movement.amountCents },
    { account: "mpesa_collections", currency: "KES", amount: -movement.amountCents },
  ];
  const { reference } = movement;
  return (await postJournals(database, [{ reference, kind: "collection_moved", entries }], at)) > 0;
}

/** The reference carries the counter's value: 20 digits sort like numbers. */
function counter(name: string, value: bigint, entries: readonly Entry[]) {
  return { reference: String(value).padStart(20, "0"), kind: `counter_${name}`, entries };
}

async function lastCounter(database: Database, name: string): Promise<bigint> {
  const { rows } = await database.query<{ last: string | null }>(
    "SELECT max(reference) AS last FROM ledger_journals WHERE kind = $1",
    [`counter_${name}`],
  );
  return BigInt(rows[0]?.last ?? "0");
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
