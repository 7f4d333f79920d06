import { pino } from "pino";
import type { Logger } from "pino";

/** Logs JSON lines to stdout. Callers must mask phone numbers and must not log bodies or credentials. */
export function openLogger(name: string, level: string): Logger {
  return pino({ name, level, base: { service: name }, timestamp: pino.stdTimeFunctions.isoTime });
}
