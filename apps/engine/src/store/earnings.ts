import type { NodeEvent } from "@satsconnect/lightning";
import type { Database, Queryable } from "@satsconnect/postgres";

/** Books what a forward earned. LDK's fee includes what was skimmed for opening a channel. False: another event. */
export async function bookEarning(event: NodeEvent, transaction: Queryable): Promise<boolean> {
  if (event.type !== "forwarded") return false;
  await transaction.query(
    `INSERT INTO earning (sequence, fee_msat, skimmed_msat, at) VALUES ($1, $2, $3, to_timestamp($4))
     ON CONFLICT (sequence) DO NOTHING`,
    [event.sequence, event.feeMsat ?? 0n, event.skimmedFeeMsat ?? 0n, event.at / 1_000],
  );
  return true;
}

/** Forwarding and channel-opening fees so far, in msat. */
export async function feesEarned(database: Database): Promise<bigint> {
  const { rows } = await database.query<{ total: string }>(
    "SELECT coalesce(sum(fee_msat), 0)::text AS total FROM earning",
  );
  return BigInt(rows[0]?.total ?? "0");
}
