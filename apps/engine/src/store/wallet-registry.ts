import type { Database } from "@satsconnect/postgres";

export type RegisteredWallet = {
  readonly walletId: string;
  readonly nodeId: string;
  readonly createdAt: number;
};

/** Assigns wallet ids to nodes. Registering a node again returns the same id. */
export type WalletRegistry = {
  readonly register: (nodeId: string) => Promise<RegisteredWallet>;
  readonly find: (walletId: string) => Promise<RegisteredWallet | null>;
  /** Whether a wallet with this node is registered. */
  readonly knows: (nodeId: string) => Promise<boolean>;
};

type Row = { wallet_id: string; node_id: string; created_at: Date };

const fromRow = (row: Row): RegisteredWallet => ({
  walletId: row.wallet_id,
  nodeId: row.node_id,
  createdAt: row.created_at.getTime(),
});

export function createWalletRegistry(database: Database): WalletRegistry {
  return {
    async register(nodeId) {
      const { rows } = await database.query<Row>(
        `WITH inserted AS (INSERT INTO wallet (node_id) VALUES ($1) ON CONFLICT (node_id) DO NOTHING RETURNING *)
         SELECT * FROM inserted UNION ALL SELECT * FROM wallet WHERE node_id = $1 LIMIT 1`,
        [nodeId],
      );
      const row =
        rows[0] ??
        (await database.query<Row>("SELECT * FROM wallet WHERE node_id = $1", [nodeId])).rows[0];
      if (row === undefined) throw new Error("The wallet was neither inserted nor found");
      return fromRow(row);
    },
    async find(walletId) {
      const { rows } = await database.query<Row>("SELECT * FROM wallet WHERE wallet_id = $1", [
        walletId,
      ]);
      const row = rows[0];
      return row === undefined ? null : fromRow(row);
    },
    async knows(nodeId) {
      const { rows } = await database.query("SELECT 1 FROM wallet WHERE node_id = $1", [nodeId]);
      return rows.length > 0;
    },
  };
}
