import pg from "pg";
import { waitFor } from "../support/processes.ts";
import type { Mpesa } from "./mpesa.ts";
import type { System } from "./system.ts";

/** Balances in all books at one moment, in millisatoshis and cents. */
export type Books = {
  /** The operator's node: its side of all channels, and its on-chain coins. */
  readonly operator: {
    readonly channelsMsat: bigint;
    readonly inFlightMsat: bigint;
    readonly onChainMsat: bigint;
    readonly onChainFeesMsat: bigint;
    readonly feesEarnedMsat: bigint;
  };
  /** Sum of ledger entries by account; debits are positive. */
  readonly ledger: ReadonlyMap<string, bigint>;
  /**
   * The node's counters when the ledger was opened. Earnings and costs before that moment are part of the opening
   * capital.
   */
  readonly countersAtOpening: {
    readonly feesEarnedMsat: bigint;
    readonly onChainFeesMsat: bigint;
  };
  /** Sum of all entries by currency. Anything but zero means that the ledger is broken. */
  readonly ledgerTotals: Readonly<Record<string, bigint>>;
  /** Balances of M-Pesa's own accounts, in cents. */
  readonly mpesa: ReadonlyMap<string, bigint>;
  /** Findings of the simulated M-Pesa's audit of its own accounts. */
  readonly mpesaFindings: readonly unknown[];
};

/** Reads the ledger's sums from the database. */
async function readLedger(
  databaseUrl: string,
): Promise<Pick<Books, "ledger" | "ledgerTotals" | "countersAtOpening">> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ code: string; currency: string; balance: string }>(
      `SELECT a.code, a.currency, coalesce(sum(e.amount), 0)::text AS balance
         FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account = a.code
        GROUP BY a.code, a.currency ORDER BY a.code`,
    );
    const counters = await client.query<{ kind: string; reference: string }>(
      `SELECT kind, min(reference) AS reference FROM ledger_journals
        WHERE kind IN ('counter_fees_earned', 'counter_on_chain_fees') GROUP BY kind`,
    );
    const counter = (kind: string): bigint =>
      BigInt(counters.rows.find((row) => row.kind === kind)?.reference ?? "0");
    const ledgerTotals: Record<string, bigint> = {};
    for (const { currency, balance } of rows)
      ledgerTotals[currency] = (ledgerTotals[currency] ?? 0n) + BigInt(balance);
    return {
      ledger: new Map(rows.map((row) => [row.code, BigInt(row.balance)])),
      ledgerTotals,
      countersAtOpening: {
        feesEarnedMsat: counter("counter_fees_earned"),
        onChainFeesMsat: counter("counter_on_chain_fees"),
      },
    };
  } finally {
    await client.end();
  }
}

/**
 * True once the ledger has been opened, which the api does as soon as it knows M-Pesa's balance and the node's
 * figures.
 */
async function areOpen(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      "SELECT 1 FROM ledger_journals WHERE reference = 'opening' AND kind = 'opening'",
    );
    return rowCount === 1;
  } finally {
    await client.end();
  }
}

/** The operator's M-Pesa balance according to the ledger, in cents. */
export function mpesaPerLedger(books: Books): bigint {
  return [...books.ledger].reduce(
    (sum, [account, cents]) =>
      account.startsWith("mpesa_") && account !== "mpesa_fees" ? sum + cents : sum,
    0n,
  );
}

/** The same balance according to M-Pesa: the accounts that our payments move. */
export function mpesaPerMpesa(books: Books): bigint {
  return [...books.mpesa].reduce(
    (sum, [account, cents]) =>
      /^shortcode:\d+:(?:utility|working|charges)$/u.test(account) ? sum + cents : sum,
    0n,
  );
}

/** Total assets of the operator's node. */
export function nodeAssets(books: Books): bigint {
  return books.operator.channelsMsat + books.operator.onChainMsat;
}

/**
 * The same total according to the ledger, plus forwarding fees earned and chain fees paid that it has not booked yet.
 */
export function treasuryPerLedger(books: Books): bigint {
  const of = (account: string): bigint => books.ledger.get(account) ?? 0n;
  const { feesEarnedMsat, onChainFeesMsat } = books.operator;
  return (
    of("treasury") +
    (feesEarnedMsat - books.countersAtOpening.feesEarnedMsat + of("node_income")) -
    (onChainFeesMsat - books.countersAtOpening.onChainFeesMsat - of("node_expenses"))
  );
}

/**
 * Reads all books once the operator's node has nothing in flight. A payment to the node is claimed two messages before its
 * HTLC becomes part of a channel's balance. So channels with connected peers must have no HTLC left either. A wallet that is
 * switched off right after a claim keeps its HTLC until it is back.
 */
export async function readBooks(system: System, mpesa: Mpesa): Promise<Books> {
  const treasury = async () => {
    const answer = await system.engine.node.getTreasury({}, { deadlineMs: 10_000 });
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  };
  await waitFor("the opening of the books", () => areOpen(system.databases.api), 60_000);
  const hasHtlcs = async () => {
    const answer = await system.engine.node.listChannels(
      { peerNodeId: "" },
      { deadlineMs: 10_000 },
    );
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value.channels.some(
      ({ usable, pendingHtlcCount }) => usable && pendingHtlcCount > 0,
    );
  };
  let found = await treasury();
  await waitFor("the end of every payment", async () => {
    if (await hasHtlcs()) return false;
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
