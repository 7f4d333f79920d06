import { err, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { DecodedInvoice, InvoiceNetwork } from "../../domain/bolt11.ts";
import type { InvoiceRefusal } from "./use-cases.ts";

export type InvoiceReader = (text: string) => Result<DecodedInvoice, "invoice_malformed">;

/** The invoice of a buy pays exactly the agreed amount to exactly the holder's own node. */
export function checkOwnInvoice(
  read: InvoiceReader,
  text: string,
  terms: {
    readonly network: InvoiceNetwork;
    readonly nodeId: string;
    readonly amountMsat: Msat;
    readonly now: number;
    readonly minValidityMs: number;
  },
): Result<DecodedInvoice, InvoiceRefusal> {
  const decoded = read(text);
  if (!decoded.ok) return decoded;
  const { network, payeeNodeId, amountMsat, expiresAt } = decoded.value;
  if (network !== terms.network) {
    return err(
      "invoice_wrong_network",
      `The invoice is for ${network}; this service runs on ${terms.network}.`,
      "never",
    );
  }
  if (payeeNodeId !== terms.nodeId) {
    return err(
      "invoice_wrong_payee",
      "The invoice pays another node. A buy goes to this wallet's own node only.",
      "never",
    );
  }
  if (amountMsat === null) {
    return err("invoice_amount_missing", "The invoice must state its amount.", "never");
  }
  if (amountMsat !== terms.amountMsat) {
    return err(
      "invoice_amount_mismatch",
      `The invoice must be for exactly ${terms.amountMsat} msat.`,
      "never",
    );
  }
  if (expiresAt <= terms.now) {
    return err("invoice_expired", "The invoice has expired. Make a new one.", "never");
  }
  if (expiresAt < terms.now + terms.minValidityMs) {
    return err(
      "invoice_expires_too_soon",
      "The invoice may expire before it can be paid. Make one that lasts an hour.",
      "never",
    );
  }
  return ok(decoded.value);
}
