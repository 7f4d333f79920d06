import type { LogLine } from "@satsconnect/wallet/client";
import { clockWithSeconds } from "../../money/format.ts";

/**
 * Redacts a log message for sharing: shortens or replaces what could identify a payment, a key, a session or a person.
 */
export function redact(message: string): string {
  return message
    .replaceAll(/\b[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}\b/gu, "(token)")
    .replaceAll(/\bln(?:bcrt|bc|tbs|tb)[0-9a-z]{20,}/giu, "(invoice)")
    .replaceAll(/\b[0-9a-f]{32,}\b/giu, (hex) => `${hex.slice(0, 8)}…`)
    .replaceAll(/(?:\+?254|\b0)[17]\d{8}\b/gu, "(number)");
}

/** The log as text, one message per line, newest last. */
export function logText(logs: readonly LogLine[]): string {
  return logs
    .map(({ at, level, message }) => `${clockWithSeconds(at)} ${level} ${redact(message)}`)
    .join("\n");
}
