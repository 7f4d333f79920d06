import type { NodeEvent } from "@satsconnect/lightning";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { ChainReader } from "../chain-index/reader.ts";
import { outputName } from "../chain-index/reader.ts";

/** A closing transaction this deep stays. */
const finalConfirmations = 6;
/** Closings that never came to the chain are nobody's claim for ever. */
const longestClosingDays = 60;

/** Remembers channels: LDK forgets those that are closed. False: an event of something else. */
export async function rememberChannel(event: NodeEvent, transaction: Queryable): Promise<boolean> {
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
 * What a peer will own on chain once the channels that are closing resolve, in satoshis, as we can tell: what was not
 * ours in them, until the closing transaction is final. On-chain fees are not taken off.
 */
export async function closingTowards(
  database: Database,
  reader: ChainReader,
  peer: string,
  tipHeight: number,
): Promise<bigint> {
  const { rows } = await database.query<{ txid: string; vout: number; local_msat: bigint }>(
    `SELECT funding_txid AS txid, funding_vout AS vout, coalesce(local_msat, 0) AS local_msat FROM channel
      WHERE peer = $1 AND funding_txid IS NOT NULL AND closed_at > now() - make_interval(days => $2)`,
    [peer, longestClosingDays],
  );
  if (rows.length === 0) return 0n;
  const fundings = await reader.outputs(rows);
  let total = 0n;
  for (const row of rows) {
    const funding = fundings.get(outputName(row));
    const [spend] = await reader.spendsOf(row.txid, [row.vout]);
    const deep =
      spend !== null &&
      spend !== undefined &&
      tipHeight - spend.block.height + 1 >= finalConfirmations;
    if (funding === undefined || deep) continue;
    const theirs = funding.valueSat - (row.local_msat + 999n) / 1_000n;
    if (theirs > 0n) total += theirs;
  }
  return total;
}
