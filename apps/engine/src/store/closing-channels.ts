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
    `UPDATE channel SET closed_at = to_timestamp($2), local_msat = $3 WHERE channel_id = $1 AND closed_at IS NULL`,
    [event.channelId, event.at / 1_000, event.localBalanceMsat],
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
