import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { z } from "zod";

/** Validates a request. The error names the first invalid field and what it must be. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  request: unknown,
): Result<z.infer<Schema>, "invalid_request"> {
  const parsed = schema.safeParse(request);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "request" : issue.path.join(".");
  return err("invalid_request", `${where}: ${issue?.message ?? "is not valid"}`, "never");
}

const utf8Bytes = (text: string): number => Buffer.byteLength(text, "utf8");

export const nodeIdField = z
  .string()
  .regex(/^0[23][0-9a-f]{64}$/u, { error: "must be a node id: 33 bytes in hex, lower case" });
export const hashField = z
  .string()
  .regex(/^[0-9a-f]{64}$/u, { error: "must be 32 bytes in hex, lower case" });
export const keyField = z
  .string()
  .regex(/^[\w:.-]{1,128}$/u, { error: "must be 1 to 128 letters, digits, or : . _ -" });
export const walletIdField = z.uuid({ error: "must be a wallet id" });
export const addressField = z.string().regex(/^[a-z0-9.:/[\]_-]{3,260}$/iu, {
  error: "must be host:port",
});
/** Bech32 or base58. The node checks the checksum and the network. */
export const bitcoinAddressField = z
  .string()
  .regex(/^[a-zA-Z0-9]{14,90}$/u, { error: "must be a Bitcoin address" });
/** Satoshis: more than zero, at most 21 million BTC. */
export const satField = z
  .bigint({ error: "must be an amount" })
  .min(1n, { error: "must be more than zero" })
  .max(2_100_000_000_000_000n, { error: "exceeds the supply of bitcoin" });
/** At most 4,096 characters after `ln`. This maximum is ours: BOLT 11 sets none. */
export const invoiceField = z
  .string()
  .regex(/^\s*(?:lightning:)?ln[a-z0-9]{1,4096}\s*$/iu, { error: "must be a BOLT 11 invoice" });
/** Text that Postgres can store: any but the character NUL. */
export const textField = z
  .string()
  .refine((text) => !text.includes("\u0000"), { error: "must not contain the character NUL" });
/** BOLT 11 limits the description to 639 bytes. */
export const descriptionField = textField.refine((text) => utf8Bytes(text) <= 639, {
  error: "is longer than 639 bytes",
});
/** 21 million BTC. */
const maxMsat = 2_100_000_000_000_000_000n;
export const amountField = z
  .bigint({ error: "must be an amount" })
  .min(0n, { error: "must not be negative" })
  .max(maxMsat, { error: "exceeds the supply of bitcoin" });
export const positiveAmountField = amountField.min(1n, { error: "must be more than zero" });

/** The invoice in lower case, without surrounding white space and without the `lightning:` prefix. */
export function canonicalInvoice(invoice: string): string {
  return invoice
    .trim()
    .replace(/^lightning:/iu, "")
    .toLowerCase();
}
