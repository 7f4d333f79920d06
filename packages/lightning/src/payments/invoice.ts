import { endOfTime, err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import type { InvoiceDetails } from "../model/lightning-node.ts";
import { paymentPolicy } from "../model/policy.ts";
import { toMsatOrNull } from "../model/views-from-core.ts";
import { invoiceFault, signerOf } from "./invoice-fault.ts";

/**
 * Parses a BOLT 11 invoice, in upper or lower case, with or without `lightning:`. An end that no date can express becomes
 * `endOfTime`.
 */
export function decodeInvoice(
  decode: LightningCore["decode"],
  text: string,
): Result<InvoiceDetails, "invoice_malformed"> {
  const decoded = text.length > paymentPolicy.maxRequestLength ? undefined : decode(text.trim());
  if (decoded === undefined || !decoded.ok || decoded.value.type !== "invoiceDecoded") {
    const reason = decoded === undefined || decoded.ok ? "" : `: ${decoded.error.message}`;
    return err("invoice_malformed", `Not a valid Lightning invoice${reason}.`, "never");
  }
  const invoice = decoded.value;
  const signer = signerOf(text) ?? invoice.payee;
  // the core would look for a route to another node; an invoice that never was valid is only shown
  const hasOtherPayee =
    signer !== invoice.payee && invoice.expiresAtSeconds > invoice.timestampSeconds;
  const fault =
    invoiceFault(text) ?? (hasOtherPayee ? "its fields are not in their usual form" : null);
  if (fault !== null)
    return err("invoice_malformed", `Not a valid Lightning invoice: ${fault}.`, "never");
  return ok({
    network: invoice.network,
    paymentHash: invoice.paymentHash,
    amountMsat: toMsatOrNull(invoice.amountMsat),
    description: invoice.description,
    descriptionHash: invoice.descriptionHash,
    payee: signer,
    createdAt: invoice.timestampSeconds * 1000,
    expiresAt: Math.min(invoice.expiresAtSeconds * 1000, endOfTime),
    minFinalCltvExpiryDelta: invoice.minFinalCltvExpiryDelta,
    hints: invoice.hints.map((hops) => hops.map(({ nodeId, scid }) => ({ nodeId, scid }))),
  });
}
