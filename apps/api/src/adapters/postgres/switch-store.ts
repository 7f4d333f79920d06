import type { Database } from "@satsconnect/postgres";
import type { SwitchChange, SwitchStore } from "../../app/switches.ts";

/** The channel on which `change_switch` notifies every process. */
export const switchesChannel = "switches";

export function createSwitchStore(database: Database): SwitchStore {
  return {
    inForce: async () => {
      const { rows } = await database.query<ChangeRow>(
        `SELECT c.* FROM switches s JOIN switch_changes c ON c.id = s.change_id ORDER BY c.name, c.subject`,
      );
      return rows.map(readChange);
    },
    change: async ({ actId, name, subject, value, reason, by }) => {
      const { rows } = await database.query<{ id: bigint }>(
        "SELECT change_switch($1, $2, $3, $4, $5, $6) AS id",
        [actId, name, subject, value, reason, by],
      );
      const id = rows[0]?.id;
      if (id === undefined) throw new Error("The change of a switch returned no id");
      return id;
    },
    changes: async (before, limit) => {
      const { rows } = await database.query<ChangeRow>(
        "SELECT * FROM switch_changes WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
        [before, limit],
      );
      return rows.map(readChange);
    },
  };
}

type ChangeRow = {
  id: bigint;
  name: string;
  subject: string;
  value: string | null;
  reason: string;
  changed_by: string;
  changed_at: Date;
};

function readChange(row: ChangeRow): SwitchChange {
  const { id, name, subject, value, reason } = row;
  return { id, name, subject, value, reason, by: row.changed_by, at: row.changed_at.getTime() };
}
