import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import type { InvoiceDetails } from "../model/lightning-node.ts";
import { paymentPolicy } from "../model/policy.ts";
import { toMsatOrNull } from "../model/views-from-core.ts";

/** Parses a BOLT 11 invoice, in upper or lower case, with or without `lightning:`. */
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
