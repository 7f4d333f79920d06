import type { Database } from "@satsconnect/postgres";

/** A block of the index. Hash in display order, time in seconds since 1970. */
export type IndexedBlock = {
  readonly height: number;
  readonly hash: string;
  readonly time: number;
};
type IndexedSpend = {
  readonly txid: string;
  readonly vin: number;
  readonly block: IndexedBlock;
};
type IndexedOutput = {
  readonly txid: string;
  readonly vout: number;
  readonly valueSat: bigint;
  readonly block: IndexedBlock;
};
export type OutputId = { readonly txid: string; readonly vout: number };
export type ScriptStats = {
  readonly fundedCount: number;
  readonly fundedSat: bigint;
  readonly spentCount: number;
  readonly spentSat: bigint;
  readonly transactionCount: number;
};

/** Reads the chain index, which contains confirmed transactions only. Ids in display order. */
export type ChainReader = {
  /**
   * At most `limit` transactions that pay or spend a script, newest first; with `after`, those that follow that txid.
   */
  readonly transactionsOf: (
    scripthash: Buffer,
    limit: number,
    after?: string,
  ) => Promise<readonly string[]>;
  readonly blockOf: (txid: string) => Promise<IndexedBlock | null>;
  /** One result for each output, in the same order; null when it is unspent. */
  readonly spendsOf: (
    txid: string,
    vouts: readonly number[],
  ) => Promise<readonly (IndexedSpend | null)[]>;
  /** Unspent outputs of a script, oldest first; null when there are more than `limit`. */
  readonly unspentOf: (
    scripthash: Buffer,
    limit: number,
  ) => Promise<readonly IndexedOutput[] | null>;
  readonly statsOf: (scripthash: Buffer) => Promise<ScriptStats>;
  /** Scripts (as scripthashes in hex) and values of those outputs that the index has, by `txid:vout`. */
  readonly outputs: (
    ids: readonly OutputId[],
  ) => Promise<ReadonlyMap<string, { readonly scripthash: string; readonly valueSat: bigint }>>;
};

const history = `
  SELECT txid, height, position FROM chain.output WHERE scripthash = $1
  UNION
  SELECT spend.spending_txid, spend.height, spend.position
    FROM chain.spend spend JOIN chain.output output USING (txid, vout) WHERE output.scripthash = $1`;

type BlockRow = { height: number; hash: Buffer; mined_at: number };
const blockFrom = (row: BlockRow): IndexedBlock => ({
  height: row.height,
  hash: row.hash.toString("hex"),
  time: row.mined_at,
});

export function createChainReader(database: Database): ChainReader {
  return {
    async transactionsOf(scripthash, limit, after) {
      const { rows } = await database.query<{ txid: Buffer }>(
        `WITH history AS (${history}),
              last AS (SELECT height, position FROM history WHERE txid = $3)
         SELECT txid FROM history
          WHERE $3::bytea IS NULL OR (height, position) < (SELECT height, position FROM last)
          ORDER BY height DESC, position DESC LIMIT $2`,
        [scripthash, limit, after === undefined ? null : Buffer.from(after, "hex")],
      );
      return rows.map((row) => row.txid.toString("hex"));
    },
    async blockOf(txid) {
      const { rows } = await database.query<BlockRow>(
        `SELECT block.height, block.hash, block.mined_at
           FROM chain.output output JOIN chain.block block USING (height) WHERE output.txid = $1 LIMIT 1`,
        [Buffer.from(txid, "hex")],
      );
      return rows[0] === undefined ? null : blockFrom(rows[0]);
    },
    async spendsOf(txid, vouts) {
      const { rows } = await database.query<
        BlockRow & { vout: number; spending_txid: Buffer; vin: number }
      >(
        `SELECT spend.vout, spend.spending_txid, spend.vin, block.height, block.hash, block.mined_at
           FROM chain.spend spend JOIN chain.block block USING (height)
          WHERE spend.txid = $1 AND spend.vout = ANY ($2::integer[])`,
        [Buffer.from(txid, "hex"), vouts],
      );
      const byOutput = new Map(rows.map((row) => [row.vout, row]));
      return vouts.map((vout) => {
        const row = byOutput.get(vout);
        if (row === undefined) return null;
        return { txid: row.spending_txid.toString("hex"), vin: row.vin, block: blockFrom(row) };
      });
    },
    async unspentOf(scripthash, limit) {
      const { rows } = await database.query<
        BlockRow & { txid: Buffer; vout: number; value_sat: bigint }
      >(
        `SELECT output.txid, output.vout, output.value_sat, block.height, block.hash, block.mined_at
           FROM chain.output output
           JOIN chain.block block USING (height)
           LEFT JOIN chain.spend spend USING (txid, vout)
          WHERE output.scripthash = $1 AND spend.txid IS NULL
          ORDER BY output.height, output.position, output.vout LIMIT $2`,
        [scripthash, limit + 1],
      );
      if (rows.length > limit) return null;
      return rows.map((row) => ({
        txid: row.txid.toString("hex"),
        vout: row.vout,
        valueSat: row.value_sat,
        block: blockFrom(row),
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
                (SELECT count(*) FROM (${history}) history) AS transactions
           FROM chain.output output LEFT JOIN chain.spend spend USING (txid, vout)
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
    async outputs(ids) {
      const { rows } = await database.query<{
        txid: Buffer;
        vout: number;
        scripthash: Buffer;
        value_sat: bigint;
      }>(
        `SELECT output.txid, output.vout, output.scripthash, output.value_sat
           FROM chain.output output
           JOIN unnest($1::bytea[], $2::integer[]) AS requested (txid, vout) USING (txid, vout)`,
        [ids.map(({ txid }) => Buffer.from(txid, "hex")), ids.map(({ vout }) => vout)],
      );
      return new Map(
        rows.map((row) => [
          outpoint({ txid: row.txid.toString("hex"), vout: row.vout }),
          { scripthash: row.scripthash.toString("hex"), valueSat: row.value_sat },
        ]),
      );
    },
  };
}

/** `txid:vout`, the key under which an output is looked up. */
export function outpoint({ txid, vout }: OutputId): string {
  return `${txid}:${String(vout)}`;
}
