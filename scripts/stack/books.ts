import pg from "pg";
import { waitFor } from "../support/processes.ts";
import type { Mpesa } from "./mpesa.ts";
import type { System } from "./system.ts";

/** What everybody's books say at one moment: millisatoshis and cents. */
export type Books = {
  /** The operator's node: its side of all channels and its coins. */
  readonly operator: {
    readonly channelsMsat: bigint;
    readonly inFlightMsat: bigint;
    readonly onChainMsat: bigint;
    readonly onChainFeesMsat: bigint;
    readonly feesEarnedMsat: bigint;
  };
  /** Sums of the ledger's entries by account; debits are positive. */
  readonly ledger: ReadonlyMap<string, bigint>;
  /** Sums of all entries by currency: zero, or the ledger is broken. */
  readonly ledgerTotals: Readonly<Record<string, bigint>>;
  /** M-Pesa's own accounts, in cents. */
  readonly mpesa: ReadonlyMap<string, bigint>;
  /** What M-Pesa's own audit of itself found. */
  readonly mpesaFindings: readonly unknown[];
};

/** The sums of the ledger, as the database has them. */
export async function readLedger(
  databaseUrl: string,
): Promise<Pick<Books, "ledger" | "ledgerTotals">> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ code: string; currency: string; balance: string }>(
      `SELECT a.code, a.currency, coalesce(sum(e.amount), 0)::text AS balance
         FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account = a.code
        GROUP BY a.code, a.currency ORDER BY a.code`,
    );
    const ledgerTotals: Record<string, bigint> = {};
    for (const { currency, balance } of rows)
      ledgerTotals[currency] = (ledgerTotals[currency] ?? 0n) + BigInt(balance);
    return { ledger: new Map(rows.map((row) => [row.code, BigInt(row.balance)])), ledgerTotals };
  } finally {
    await client.end();
  }
}

/** Reads everybody's books once nothing is in flight at the operator's node. */
export async function readBooks(system: System, mpesa: Mpesa): Promise<Books> {
  const treasury = async () => {
    const answer = await system.engine.node.getTreasury({}, { deadlineMs: 10_000 });
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  };
  let found = await treasury();
  await waitFor("the end of every payment", async () => {
    found = await treasury();
    return found.inFlightInboundMsat === 0n && found.inFlightOutboundMsat === 0n;
  });
  const [ledger, accounts] = await Promise.all([
    readLedger(system.databases.api),
    mpesa.accounts(),
  ]);
  return {
    operator: {
      channelsMsat: found.channelsLocalMsat,
      inFlightMsat: found.inFlightInboundMsat + found.inFlightOutboundMsat,
      onChainMsat: (found.onChainConfirmedSat + found.onChainUnconfirmedSat) * 1_000n,
      onChainFeesMsat: found.onChainFeesSat * 1_000n,
      feesEarnedMsat: found.feesEarnedMsat,
    },
    ...ledger,
    mpesa: new Map(accounts.accounts.map((account) => [account.id, account.balanceCents])),
    mpesaFindings: accounts.findings,
  };
}
