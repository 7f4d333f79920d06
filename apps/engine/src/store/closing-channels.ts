import type { NodeEvent } from "@satsconnect/lightning";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { ChainReader } from "../chain-index/reader.ts";
import { outpoint } from "../chain-index/reader.ts";
import { finalConfirmations, maxClosingDays } from "../policy.ts";

/**
 * Records opened and closed channels, because LDK forgets closed ones. A repeated event changes nothing.
 * @returns false for events of other types.
 */
export async function recordChannel(event: NodeEvent, transaction: Queryable): Promise<boolean> {
  if (event.type === "channelPending") {
    await transaction.query(
      `INSERT INTO channel (channel_id, peer, funding_txid, funding_vout) VALUES ($1, $2, $3, $4)
       ON CONFLICT (channel_id) DO NOTHING`,
      [event.channelId, event.peer, event.funding.txid, event.funding.index],
    );
    return true;
  }
  if (event.type !== "channelClosed") return false;
  await transaction.query(
    `UPDATE channel SET closed_at = to_timestamp($2), local_msat = $3, closure = $4, reason = $5
      WHERE channel_id = $1 AND closed_at IS NULL`,
    [event.channelId, event.at / 1_000, event.localBalanceMsat, event.closure, event.reason],
  );
  return true;
}

/**
 * A peer's estimated on-chain balance from channels that are closing, in satoshis: each channel's value minus our
 * balance at its close, until the closing transaction is final. On-chain fees are not subtracted.
 */
export async function closingBalanceOf(
  database: Database,
  reader: ChainReader,
  peer: string,
  tipHeight: number,
): Promise<bigint> {
  const { rows } = await database.query<{ txid: string; vout: number; local_msat: bigint }>(
    `SELECT funding_txid AS txid, funding_vout AS vout, coalesce(local_msat, 0) AS local_msat FROM channel
      WHERE peer = $1 AND funding_txid IS NOT NULL AND closed_at > now() - make_interval(days => $2)`,
    [peer, maxClosingDays],
  );
  if (rows.length === 0) return 0n;
  const fundings = await reader.outputs(rows);
  let total = 0n;
  for (const row of rows) {
    const funding = fundings.get(outpoint(row));
    const [spend] = await reader.spendsOf(row.txid, [row.vout]);
    const final =
      spend !== null &&
      spend !== undefined &&
      tipHeight - spend.block.height + 1 >= finalConfirmations;
    if (funding === undefined || final) continue;
    const theirs = funding.valueSat - (row.local_msat + 999n) / 1_000n;
    if (theirs > 0n) total += theirs;
  }
  return total;
}

export type ClosedChannel = {
  readonly channelId: string;
  readonly peer: string;
  readonly closedAt: number;
  readonly localMsat: bigint;
  /** How and why it closed; empty when that was not recorded. */
  readonly closure: string;
  readonly reason: string;
  readonly fundingTxid: string;
  /** The confirmed transaction that spends the funding; empty until a block contains it. */
  readonly closingTxid: string;
  readonly confirmations: number;
};

/** Channels that have closed, newest first. */
export async function closedChannels(
  database: Database,
  reader: ChainReader,
  limit: number,
  tipHeight: number,
): Promise<readonly ClosedChannel[]> {
  const { rows } = await database.query<{
    channel_id: string;
    peer: string;
    closed_at: Date;
    local_msat: bigint | null;
    closure: string | null;
    reason: string | null;
    funding_txid: string | null;
    funding_vout: number | null;
  }>(
    `SELECT channel_id, peer, closed_at, local_msat, closure, reason, funding_txid, funding_vout FROM channel
      WHERE closed_at IS NOT NULL ORDER BY closed_at DESC, channel_id LIMIT $1`,
    [limit],
  );
  return Promise.all(
    rows.map(async (row) => {
      const [spend] =
        row.funding_txid === null || row.funding_vout === null
          ? [null]
          : await reader.spendsOf(row.funding_txid, [row.funding_vout]);
      return {
        channelId: row.channel_id,
        peer: row.peer,
        closedAt: row.closed_at.getTime(),
        localMsat: row.local_msat ?? 0n,
        closure: row.closure ?? "",
        reason: row.reason ?? "",
        fundingTxid: row.funding_txid ?? "",
        closingTxid: spend?.txid ?? "",
        confirmations:
          spend === null || spend === undefined ? 0 : tipHeight - spend.block.height + 1,
      };
    }),
  );
}
