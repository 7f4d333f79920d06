import type { LightningNode } from "@satsconnect/lightning";
import type { Database } from "@satsconnect/postgres";
import type { Logger } from "../logger.ts";

export type Earnings = {
  /** Forwarding and channel-opening fees so far. */
  readonly total: () => Promise<bigint>;
  readonly stop: () => Promise<void>;
};

/** Follows the node's events and books what each forward earned, once. */
export function followEarnings(database: Database, node: LightningNode, logger: Logger): Earnings {
  const abort = new AbortController();
  const running = (async () => {
    const { rows } = await database.query<{ last: bigint }>(
      "SELECT coalesce(max(sequence), 0)::bigint AS last FROM earning",
    );
    for await (const event of node.events(Number(rows[0]?.last ?? 0n), abort.signal)) {
      if (event.type !== "forwarded") continue;
      await database.query(
        `INSERT INTO earning (sequence, fee_msat, skimmed_msat, at) VALUES ($1, $2, $3, to_timestamp($4))
         ON CONFLICT (sequence) DO NOTHING`,
        [event.sequence, event.feeMsat ?? 0n, event.skimmedFeeMsat ?? 0n, event.at / 1_000],
      );
    }
  })().catch((error: unknown) => {
    // What is missing is booked at the next start: the events are durable, and the cursor is the last row.
    logger.error(
      { error: error instanceof Error ? error.message : "?" },
      "earnings are not booked",
    );
  });
  return {
    total: async () => {
      const { rows } = await database.query<{ total: string }>(
        "SELECT coalesce(sum(fee_msat), 0)::text AS total FROM earning",
      );
      return BigInt(rows[0]?.total ?? "0");
    },
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}
