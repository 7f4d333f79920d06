import { bech32 } from "@scure/base";

const beginning = /(?<![a-z0-9])ln(?:bcrt|bc|tbs|tb)(?:\d+[munp]?)?1/gu;
const whole = /^ln(?:bcrt|bc|tbs|tb)(?:\d+[munp]?)?1[a-z0-9]+$/u;
/** A mail wraps an invoice into some lines. A text in more parts than this is not an invoice that was wrapped. */
const maxParts = 100;

/** Whether a text in lower case is a BOLT 11 invoice as far as its checksum tells. */
export function isInvoice(text: string): boolean {
  return whole.test(text) && bech32.decodeUnsafe(text, false) !== undefined;
}

/**
 * The different BOLT 11 invoices of a text, in lower case. An invoice that a mail or a message has wrapped is put together
 * again: its checksum tells where it ends.
 */
export function invoicesIn(text: string): readonly string[] {
  const lower = text.toLowerCase();
  const joined = lower.replaceAll(/\s/gu, "");
  if (isInvoice(joined)) return [joined];
  const found = new Set<string>();
  for (const { index } of lower.matchAll(beginning)) {
    let candidate = "";
    let parts = 0;
    for (const [part] of lower.slice(index).matchAll(/[a-z0-9]+/gu)) {
      candidate += part;
      parts += 1;
      if (isInvoice(candidate)) found.add(candidate);
      if (found.has(candidate) || parts === maxParts) break;
    }
  }
  return [...found];
}

/** The first part of a text that begins like an invoice, in lower case: one that is cut off, or was mistyped. */
export function brokenInvoiceIn(text: string): string | null {
  return (
    /(?<![a-z0-9])ln(?:bcrt|bc|tbs|tb)(?:\d+[munp]?)?1[a-z0-9]{20,}/u.exec(
      text.toLowerCase(),
    )?.[0] ?? null
  );
}
