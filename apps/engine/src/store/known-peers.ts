import type { Database } from "@satsconnect/postgres";
import type { LightningBackend } from "../lightning/backend.ts";

/**
 * Wraps the backend: stores each peer that the operator connected to, and connects to the stored peers at each start.
 */
export async function withKnownPeers(
  backend: LightningBackend,
  database: Database,
): Promise<LightningBackend> {
  const { rows } = await database.query<{ node_id: string; address: string }>(
    "SELECT node_id, address FROM peer",
  );
  // The result does not matter: the node keeps trying to connect.
  for (const { node_id, address } of rows) void backend.connectPeer(node_id, address);
  return {
    ...backend,
    connectPeer: async (nodeId, address) => {
      const connected = await backend.connectPeer(nodeId, address);
      if (connected.ok) {
        await database.query(
          `INSERT INTO peer (node_id, address) VALUES ($1, $2)
           ON CONFLICT (node_id) DO UPDATE SET address = excluded.address, updated_at = now()`,
          [nodeId, address],
        );
      }
      return connected;
    },
  };
}
