import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import type { InvoiceDetails } from "../model/lightning-node.ts";
import { toMsatOrNull } from "../model/views-from-core.ts";

/** Reads a BOLT 11 invoice, in any case, with or without `lightning:`. */
export function decodeInvoice(
  decode: LightningCore["decode"],
  text: string,
): Result<InvoiceDetails, "invoice_malformed"> {
  // the longest invoices in use have some 2,000 characters; a QR code holds 4,296
  const decoded = text.length > 10_000 ? undefined : decode(text.trim());
  if (decoded === undefined || !decoded.ok || decoded.value.type !== "invoiceDecoded") {
    const reason = decoded === undefined || decoded.ok ? "" : `: ${decoded.error.message}`;
    return err(
      "invoice_malformed",
      `This is not a Lightning invoice that can be read${reason}.`,
      "never",
    );
  }
  const invoice = decoded.value;
  return ok({
    network: invoice.network,
    paymentHash: invoice.paymentHash,
    amountMsat: toMsatOrNull(invoice.amountMsat),
    description: invoice.description,
    descriptionHash: invoice.descriptionHash,
    payee: invoice.payee,
    createdAt: invoice.timestampSeconds * 1000,
    expiresAt: invoice.expiresAtSeconds * 1000,
    minFinalCltvExpiryDelta: invoice.minFinalCltvExpiryDelta,
    hints: invoice.hints.map((hops) => hops.map(({ nodeId, scid }) => ({ nodeId, scid }))),
  });
}
