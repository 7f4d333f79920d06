import { err, maxFinalCltvBlocks, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { DecodedInvoice, InvoiceNetwork } from "../../domain/bolt11.ts";

export type InvoiceRefusal =
  | "invoice_malformed"
  | "invoice_wrong_network"
  | "invoice_expired"
  | "invoice_expires_too_soon"
  | "invoice_already_used"
  | "invoice_amount_missing"
  | "invoice_amount_mismatch"
  | "invoice_wrong_payee"
  | "invoice_held_too_long";

export type InvoiceReader = (text: string) => Result<DecodedInvoice, "invoice_malformed">;

/** Checks that an invoice pays exactly the agreed amount to the holder's own node, and is valid for long enough. */
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
  const { network, payeeNodeId, amountMsat, expiresAt, minFinalCltvExpiryDelta } = decoded.value;
  if (network !== terms.network) {
    return err(
      "invoice_wrong_network",
      `The invoice is for ${network}; this service is on ${terms.network}.`,
      "never",
    );
  }
  if (minFinalCltvExpiryDelta > maxFinalCltvBlocks) {
    return err(
      "invoice_held_too_long",
      `The invoice lets its payment be held for ${minFinalCltvExpiryDelta} blocks; at most ${maxFinalCltvBlocks} are allowed. Make one with this wallet.`,
      "never",
    );
  }
  if (payeeNodeId !== terms.nodeId) {
    return err(
      "invoice_wrong_payee",
      "The invoice pays another node. Make one with this wallet.",
      "never",
    );
  }
  if (amountMsat === null) {
    return err(
      "invoice_amount_missing",
      `The invoice has no amount. Make one for exactly ${terms.amountMsat} msat.`,
      "never",
    );
  }
  if (amountMsat !== terms.amountMsat) {
    return err(
      "invoice_amount_mismatch",
      `The invoice is for ${amountMsat} msat. Make one for exactly ${terms.amountMsat} msat.`,
      "never",
    );
  }
  if (expiresAt <= terms.now) {
    return err(
      "invoice_expired",
      `The invoice expired at ${new Date(expiresAt).toISOString()}. Make a new one.`,
      "never",
    );
  }
  if (expiresAt < terms.now + terms.minValidityMs) {
    return err(
      "invoice_expires_too_soon",
      `The invoice expires in ${Math.ceil((expiresAt - terms.now) / 1_000)} s, maybe before it is paid. Make one that is valid for an hour.`,
      "never",
    );
  }
  return ok(decoded.value);
}
