import { accounts } from "../../domain/postings.ts";
import type { Account } from "../../domain/postings.ts";
import type {
  Comparison,
  Figure,
  Ledger,
  MpesaFigures,
  OpeningFigure,
  TreasuryFigures,
} from "./ports.ts";

/** The accounts of the ledger whose sum is one figure of M-Pesa's or the node's. */
const accountsOfFigure: Readonly<Record<Figure, readonly [Account, ...Account[]]>> = {
  mpesa_utility: ["mpesa_available", "mpesa_reserved"],
  mpesa_working: ["mpesa_working"],
  mpesa_charges: ["mpesa_charges"],
  mpesa_collections: ["mpesa_collections"],
  mpesa_collections_working: ["mpesa_collections_working"],
  treasury: ["treasury"],
};

export type Figures = {
  readonly mpesa?: MpesaFigures;
  readonly treasury?: TreasuryFigures;
};

/** Each figure that M-Pesa and the node report. */
function reported({ mpesa, treasury }: Figures): readonly (readonly [Figure, bigint])[] {
  const list: (readonly [Figure, bigint])[] = [];
  if (mpesa !== undefined) {
    const { payouts, collections } = mpesa;
    list.push(["mpesa_utility", payouts.utilityCents], ["mpesa_working", payouts.workingCents]);
    // M-Pesa bills both shortcodes' charges, and orders do not say which one they are charged to.
    list.push(["mpesa_charges", payouts.chargesCents + (collections?.chargesCents ?? 0n)]);
    if (collections !== null) {
      list.push(["mpesa_collections", collections.utilityCents]);
      list.push(["mpesa_collections_working", collections.workingCents]);
    }
  }
  if (treasury !== undefined) list.push(["treasury", treasury.ownedMsat]);
  return list;
}

/**
 * Compares the ledger with M-Pesa's and the node's own figures. While an order is in progress, these may differ by the
 * amount that it moves. Otherwise a difference is an error or belongs to a case.
 */
export async function reconcile(ledger: Ledger, figures: Figures): Promise<readonly Comparison[]> {
  const balances = await ledger.balances();
  return reported(figures).map(([figure, actual]) => {
    const booked = ledgerFigure(figure, (account) => balances.get(account) ?? 0n);
    const currency = accounts[accountsOfFigure[figure][0]].currency;
    return { figure, currency, ledger: booked, actual, difference: actual - booked };
  });
}

/** The ledger's side of a figure of M-Pesa's or the node's. */
export function ledgerFigure(figure: Figure, balance: (account: Account) => bigint): bigint {
  return accountsOfFigure[figure].reduce((sum, account) => sum + balance(account), 0n);
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
 * Books the opening balances of M-Pesa and the node once: their figures less what orders have moved already, so that the
 * ledger agrees with them from then on. `before` are the ledger's balances from before the figures were requested.
 */
export function bookOpening(
  ledger: Ledger,
  before: ReadonlyMap<Account, bigint>,
  { mpesa, treasury }: Required<Figures>,
  at: number,
): ReturnType<Ledger["open"]> {
  const figures = reported({ mpesa, treasury }).flatMap(([figure, actual]): OpeningFigure[] => {
    const [first, ...others] = accountsOfFigure[figure];
    const rest = others.map((account) => {
      const balance = before.get(account) ?? 0n;
      return { account, actual: balance, before: balance };
    });
    const reserved = rest.reduce((sum, { actual: amount }) => sum + amount, 0n);
    return [
      { account: first, actual: actual - reserved, before: before.get(first) ?? 0n },
      ...rest,
    ];
  });
  const counters = {
    counter_fees_earned: treasury.feesEarnedMsat,
    counter_on_chain_fees: treasury.onChainFeesMsat,
  };
  return ledger.open(figures, counters, at);
}

/** Books the node's income from forwarding and opening channels, and its on-chain fees, since they were last booked. */
export async function bookNodeIncome(
  ledger: Ledger,
  { feesEarnedMsat, onChainFeesMsat }: TreasuryFigures,
  at: number,
): Promise<void> {
  await ledger.postCounter("counter_fees_earned", feesEarnedMsat, at);
  await ledger.postCounter("counter_on_chain_fees", onChainFeesMsat, at);
}
