import type { LogLine } from "@satsconnect/wallet/client";
import { clockWithSeconds } from "../../money/format.ts";

/** A note of the node as others may read it: what could name a payment, a key or a person is cut short. */
export function harmless(message: string): string {
  return message
    .replaceAll(/\b[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}\b/gu, "(token)")
    .replaceAll(/\bln(?:bcrt|bc|tbs|tb)[0-9a-z]{20,}/giu, "(invoice)")
    .replaceAll(/\b[0-9a-f]{32,}\b/giu, (hex) => `${hex.slice(0, 8)}…`)
    .replaceAll(/(?:\+?254|\b0)[17]\d{8}\b/gu, "(number)");
}

/** All of them, one a line, the newest last. */
export function logText(logs: readonly LogLine[]): string {
  return logs
    .map(({ at, level, message }) => `${clockWithSeconds(at)} ${level} ${harmless(message)}`)
    .join("\n");
}
