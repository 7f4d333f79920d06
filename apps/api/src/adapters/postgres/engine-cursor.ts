import type { Database } from "@satsconnect/postgres";
import type { EventCursor } from "../../app/event-cursor.ts";

/** The cursor of the engine's payment events. */
export function createEngineCursor(database: Database): EventCursor {
  return {
    read: async () => {
      const { rows } = await database.query<{ sequence: bigint }>(
        "SELECT sequence FROM engine_cursor",
      );
      return rows[0]?.sequence ?? 0n;
    },
    advance: async (sequence) => {
      await database.query("UPDATE engine_cursor SET sequence = $1 WHERE sequence < $1", [
        sequence,
      ]);
    },
  };
}
