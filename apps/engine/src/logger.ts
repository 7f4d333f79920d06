import { pino } from "pino";
import type { Logger } from "pino";

export type { Logger } from "pino";

/** Logs JSON lines to stdout. Fields named after invoices, preimages, seeds or credentials are redacted. */
export function createLogger(level: string): Logger {
  const secretNames = ["invoice", "preimage", "seed", "request", "password", "authorization"];
  return pino(
    {
      level,
      base: { app: "engine" },
      redact: {
        paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: "[redacted]",
      },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    pino.destination({ dest: 1, sync: true }),
  );
}
