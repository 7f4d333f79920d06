import type { Database } from "@satsconnect/postgres";

export type IndexedTransaction = { readonly txid: string; readonly height: number };
export type IndexedSpend = {
  readonly txid: string;
  readonly vin: number;
  readonly height: number;
  readonly blockHash: string;
  readonly blockTime: number;
};
export type IndexedOutput = {
  readonly txid: string;
  readonly vout: number;
  readonly valueSat: bigint;
  readonly height: number;
};

/** What the chain index knows. Hashes in display order. */
export type ChainReader = {
  /** Confirmed transactions that pay or spend a script, newest first, at most `limit`, behind `after` when given. */
  readonly transactionsOf: (
    scripthash: Buffer,
    limit: number,
    after?: string,
  ) => Promise<readonly IndexedTransaction[]>;
  readonly spendOf: (txid: string, vout: number) => Promise<IndexedSpend | null>;
  readonly unspentOf: (scripthash: Buffer) => Promise<readonly IndexedOutput[]>;
  readonly statsOf: (scripthash: Buffer) => Promise<{
    readonly fundedCount: number;
    readonly fundedSat: bigint;
    readonly spentCount: number;
    readonly spentSat: bigint;
    readonly transactionCount: number;
  }>;
  readonly blockAt: (
    height: number,
  ) => Promise<{ readonly hash: string; readonly time: number } | null>;
};

const historySql = `
  SELECT txid, height, position FROM chain_output WHERE scripthash = $1
  UNION
  SELECT spend.spending_txid, spend.height, spend.position
    FROM chain_spend spend JOIN chain_output output USING (txid, vout) WHERE output.scripthash = $1`;

export function createChainReader(database: Database): ChainReader {
  return {
    async transactionsOf(scripthash, limit, after) {
      const { rows } = await database.query<{ txid: Buffer; height: number }>(
        `WITH history AS (${historySql}),
              last AS (SELECT height, position FROM history WHERE txid = $3)
         SELECT txid, height FROM history
          WHERE $3::bytea IS NULL OR (height, position) < (SELECT height, position FROM last)
          ORDER BY height DESC, position DESC LIMIT $2`,
        [scripthash, limit, after === undefined ? null : Buffer.from(after, "hex")],
      );
      return rows.map((row) => ({ txid: row.txid.toString("hex"), height: row.height }));
    },
    async spendOf(txid, vout) {
      const { rows } = await database.query<{
        spending_txid: Buffer;
        vin: number;
        height: number;
        hash: Buffer;
        mined_at: number;
      }>(
        `SELECT spend.spending_txid, spend.vin, spend.height, block.hash, block.mined_at
           FROM chain_spend spend JOIN chain_block block USING (height)
          WHERE spend.txid = $1 AND spend.vout = $2`,
        [Buffer.from(txid, "hex"), vout],
      );
      const row = rows[0];
      if (row === undefined) return null;
      return {
        txid: row.spending_txid.toString("hex"),
        vin: row.vin,
        height: row.height,
        blockHash: row.hash.toString("hex"),
        blockTime: row.mined_at,
      };
    },
    async unspentOf(scripthash) {
      const { rows } = await database.query<{
        txid: Buffer;
        vout: number;
        value_sat: bigint;
        height: number;
      }>(
        `SELECT output.txid, output.vout, output.value_sat, output.height
           FROM chain_output output LEFT JOIN chain_spend spend USING (txid, vout)
          WHERE output.scripthash = $1 AND spend.txid IS NULL
          ORDER BY output.height, output.position LIMIT 500`,
        [scripthash],
      );
      return rows.map((row) => ({
        txid: row.txid.toString("hex"),
        vout: row.vout,
        valueSat: row.value_sat,
        height: row.height,
      }));
    },
    async statsOf(scripthash) {
      const { rows } = await database.query<{
        funded: bigint;
        funded_sat: string;
        spent: bigint;
        spent_sat: string;
        transactions: bigint;
      }>(
        `SELECT count(*) AS funded, coalesce(sum(output.value_sat), 0)::text AS funded_sat,
                count(spend.txid) AS spent,
                coalesce(sum(output.value_sat) FILTER (WHERE spend.txid IS NOT NULL), 0)::text AS spent_sat,
                (SELECT count(*) FROM (${historySql}) history) AS transactions
           FROM chain_output output LEFT JOIN chain_spend spend USING (txid, vout)
          WHERE output.scripthash = $1`,
        [scripthash],
      );
      const row = rows[0];
      return {
        fundedCount: Number(row?.funded ?? 0n),
        fundedSat: BigInt(row?.funded_sat ?? "0"),
        spentCount: Number(row?.spent ?? 0n),
        spentSat: BigInt(row?.spent_sat ?? "0"),
        transactionCount: Number(row?.transactions ?? 0n),
      };
    },
    async blockAt(height) {
      const { rows } = await database.query<{ hash: Buffer; mined_at: number }>(
        "SELECT hash, mined_at FROM chain_block WHERE height = $1",
        [height],
      );
      const row = rows[0];
      return row === undefined ? null : { hash: row.hash.toString("hex"), time: row.mined_at };
    },
  };
}
