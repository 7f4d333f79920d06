import type { Database } from "@satsconnect/postgres";
import type { RailBudget } from "../../app/rail-budget.ts";

/** The budgets in Postgres, by its clock. */
export function createRailBudget(database: Database, requestsPerSecond: number): RailBudget {
  return {
    take: async (shortcode) => {
      const { rows } = await database.query<{ wait: number }>({
        name: "take_rail_request",
        text: "SELECT take_rail_request($1, $2) AS wait",
        values: [shortcode, requestsPerSecond],
      });
      return rows[0]?.wait ?? 0;
    },
    pause: async (shortcode, milliseconds) => {
      await database.query({
        name: "pause_rail",
        text: "SELECT pause_rail($1, $2)",
        values: [shortcode, milliseconds],
      });
    },
  };
}
