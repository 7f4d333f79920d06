import { justicePolicy } from "../policy.ts";
import type { Database } from "./database.ts";

export type JusticeTransaction = {
  readonly txid: string;
  /** Satoshis per 1,000 weight units. */
  readonly feeRate: number;
  readonly bytes: Uint8Array;
};

/** A revoked transaction that was found in a block. */
type NewBreach = {
  readonly appointment: number;
  /** The revoked transaction, and its output that the justice transactions spend. */
  readonly txid: string;
  readonly output: number;
  readonly foundHeight: number;
  /** Blocks after which the thief can spend the output. */
  readonly deadlineBlocks: number;
  /** With ascending fees. */
  readonly transactions: readonly JusticeTransaction[];
};

export type OpenBreach = Omit<NewBreach, "appointment"> & {
  readonly id: number;
  /** The transaction that was broadcast last, and when it was chosen; -1 for none. */
  readonly position: number;
  readonly positionHeight: number;
};

/** The thefts that are being punished, until that is deep in the chain. */
export type Breaches = {
  /** False if the appointment has been used already. */
  readonly add: (breach: NewBreach) => boolean;
  /** Those that have not ended. */
  readonly open: () => readonly OpenBreach[];
  readonly choose: (id: number, position: number, height: number) => void;
  /** The output was spent in a block at this height, by one of the transactions or otherwise. */
  readonly end: (id: number, height: number) => void;
  /** The breach that this justice transaction belongs to. */
  readonly ofTransaction: (txid: string) => number | undefined;
  /** Blocks above this height are no longer in the chain: breaches that ended there are open again. */
  readonly reopenAbove: (height: number) => void;
  /** Deletes what ended, or was found, long before this height. */
  readonly forgetOld: (height: number) => void;
};

export function openBreaches({ use }: Database): Breaches {
  const transactionsOf = (breach: number): readonly JusticeTransaction[] =>
    use(
      `SELECT "txid", "fee_rate", "bytes" FROM justice_transactions WHERE "breach" = ? ORDER BY "position"`,
    )
      .all(breach)
      .map((row) => ({
        txid: String(row["txid"]),
        feeRate: Number(row["fee_rate"]),
        bytes: row["bytes"] as Uint8Array,
      }));
  return {
    add({ appointment, txid, output, foundHeight, deadlineBlocks, transactions }) {
      const { changes, lastInsertRowid } = use(
        `INSERT OR IGNORE INTO breaches
           ("appointment", "txid", "output", "found_height", "deadline_blocks", "position", "position_height")
         VALUES (?, ?, ?, ?, ?, -1, ?)`,
      ).run(appointment, txid, output, foundHeight, deadlineBlocks, foundHeight);
      if (changes === 0) return false;
      for (const [position, transaction] of transactions.entries())
        use(`INSERT OR IGNORE INTO justice_transactions VALUES (?, ?, ?, ?, ?)`).run(
          transaction.txid,
          lastInsertRowid,
          position,
          transaction.feeRate,
          transaction.bytes,
        );
      return true;
    },
    open: () =>
      use(`SELECT * FROM breaches WHERE "ended_height" IS NULL`)
        .all()
        .map((row) => ({
          id: Number(row["id"]),
          txid: String(row["txid"]),
          output: Number(row["output"]),
          foundHeight: Number(row["found_height"]),
          deadlineBlocks: Number(row["deadline_blocks"]),
          position: Number(row["position"]),
          positionHeight: Number(row["position_height"]),
          transactions: transactionsOf(Number(row["id"])),
        })),
    choose(id, position, height) {
      use(`UPDATE breaches SET "position" = ?, "position_height" = ? WHERE "id" = ?`).run(
        position,
        height,
        id,
      );
    },
    end(id, height) {
      use(`UPDATE breaches SET "ended_height" = ? WHERE "id" = ?`).run(height, id);
    },
    ofTransaction(txid) {
      const row = use(`SELECT "breach" FROM justice_transactions WHERE "txid" = ?`).get(txid);
      return row === undefined ? undefined : Number(row["breach"]);
    },
    reopenAbove(height) {
      use(`UPDATE breaches SET "ended_height" = NULL WHERE "ended_height" > ?`).run(height);
    },
    forgetOld(height) {
      const old = use(`SELECT "id" FROM breaches WHERE "ended_height" <= ? OR "found_height" <= ?`)
        .all(height - justicePolicy.deepBlocks, height - justicePolicy.giveUpBlocks)
        .map((row) => Number(row["id"]));
      for (const id of old) {
        use(`DELETE FROM justice_transactions WHERE "breach" = ?`).run(id);
        use(`DELETE FROM breaches WHERE "id" = ?`).run(id);
      }
    },
  };
}
