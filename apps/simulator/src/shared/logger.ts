import { pino } from "pino";
import type { Logger } from "pino";

/** JSON lines on standard output. Phone numbers are masked by whoever logs; bodies and credentials are never logged. */
export function openLogger(name: string, level: string): Logger {
  return pino({ name, level, base: { service: name }, timestamp: pino.stdTimeFunctions.isoTime });
}
