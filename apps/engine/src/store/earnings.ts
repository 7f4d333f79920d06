import type { NodeEvent } from "@satsconnect/lightning";
import type { Database, Queryable } from "@satsconnect/postgres";

/**
 * Records the fee earned by a forwarded payment; a repeated event changes nothing. LDK's fee includes the fee skimmed
 * for opening a channel.
 * @returns false for events of other types.
 */
export async function recordEarning(event: NodeEvent, transaction: Queryable): Promise<boolean> {
  if (event.type !== "forwarded") return false;
  await transaction.query(
    `INSERT INTO earning (sequence, fee_msat, skimmed_msat, at) VALUES ($1, $2, $3, to_timestamp($4))
     ON CONFLICT (sequence) DO NOTHING`,
    [event.sequence, event.feeMsat ?? 0n, event.skimmedFeeMsat ?? 0n, event.at / 1_000],
  );
  return true;
}

/** Total of forwarding and channel-opening fees so far, in msat. */
export async function feesEarned(database: Database): Promise<bigint> {
  const { rows } = await database.query<{ total: string }>(
    "SELECT coalesce(sum(fee_msat), 0)::text AS total FROM earning",
  );
  return BigInt(rows[0]?.total ?? "0");
}
