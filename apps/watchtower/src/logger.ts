import { pino } from "pino";
import type { Logger } from "pino";

export type { Logger } from "pino";

/** Logs JSON lines to stdout. Requests are not logged: their keys and times would show who uses the watchtower when. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { app: "watchtower" },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    pino.destination({ dest: 1, sync: true }),
  );
}
