import { cleanPasted } from "@satsconnect/money";
import type { HistoryItem } from "../port/calls.ts";

const columns: readonly (readonly [string, (item: HistoryItem) => string])[] = [
  ["time_utc", (item) => new Date(item.at).toISOString()],
  ["kind", (item) => item.kind],
  ["state", (item) => item.orderState ?? item.state],
  ["amount_msat", (item) => item.amountMsat],
  ["fee_msat", (item) => item.feeMsat],
  ["amount_kes", (item) => (item.amountKesCents === null ? "" : shillings(item.amountKesCents))],
  ["counterparty", (item) => item.counterparty ?? ""],
  ["description", (item) => item.description ?? ""],
  ["mpesa_receipt", (item) => item.mpesaReceipt ?? ""],
  ["payment_hash", (item) => item.paymentHash ?? ""],
  ["order_id", (item) => item.orderId ?? ""],
];

/** Without it, Excel reads UTF-8 as the system's code page. */
const byteOrderMark = "\ufeff";

/**
 * RFC 4180 with a header line, after a byte-order mark. A field that a spreadsheet may take for a formula gets a leading
 * apostrophe, so that it is read as text.
 */
export function toCsv(items: readonly HistoryItem[]): string {
  const lines = [columns.map(([name]) => name)];
  for (const item of items) lines.push(columns.map(([, read]) => field(read(item))));
  return byteOrderMark + lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function field(value: string): string {
  // some programs take full-width signs, and signs behind blanks or invisible characters, for the plain ones
  const isFormula = /^[=+\-@]/u.test(cleanPasted(value)) || /^[\t\r\n]/u.test(value);
  const escaped = isFormula ? `'${value}` : value;
  return /[",\r\n]/u.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped;
}

function shillings(kesCents: string): string {
  const digits = kesCents.padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
