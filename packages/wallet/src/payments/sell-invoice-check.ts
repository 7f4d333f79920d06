import type { Order } from "@satsconnect/contracts";
import { isInvoiceFor } from "@satsconnect/lightning";
import type { LightningNode } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { OrderIntent } from "../storage/order-intents.ts";

/**
 * Checks the operator's sell order against what the holder agreed to, and returns the invoice to pay. The invoice must
 * come from the operator's own node, on this network, for exactly the quoted amount, and must not have expired. A sell
 * is not paid after the intent's `payBy` even if the invoice is still valid: the operator could otherwise wait and pay
 * out only when the price has moved in its favour.
 */
export function checkSellInvoice(
  {
    node,
    lsp,
    now,
    operatorNow,
  }: {
    readonly node: LightningNode;
    readonly lsp: string;
    /** By this device's clock, which measured `payBy`. */
    readonly now: number;
    /** By the operator's clock, which dated its invoice. */
    readonly operatorNow: number;
  },
  intent: OrderIntent,
  order: Order,
  invoice: string,
): Result<string, "sell_invoice_wrong" | "invoice_expired" | "quote_expired"> {
  const wrong = (problem: string) =>
    err(
      "sell_invoice_wrong" as const,
      `The operator's invoice ${problem}. Nothing was paid; report this to the operator.`,
      "never",
    );
  if (order.kind !== "sell" || order.quoteId !== intent.quoteId)
    return wrong("belongs to a different order");
  if (order.amountKesCents !== intent.amountKesCents)
    return wrong("comes with a different amount in shillings from the quote");
  const decoded = node.decodeInvoice(invoice);
  if (!decoded.ok) return wrong("cannot be read");
  const details = decoded.value;
  if (!isInvoiceFor(node.network, details)) return wrong("is for another network");
  if (details.payee !== lsp) return wrong("is not from the operator's node");
  if (details.amountMsat === null || details.amountMsat.toString() !== intent.amountMsat)
    return wrong("is for a different amount from the quote");
  if (details.expiresAt <= operatorNow) {
    const message = "The invoice expired before it was paid. Nothing was paid; get a new quote.";
    return err("invoice_expired", message, "never");
  }
  if (intent.payBy !== null && now > intent.payBy) {
    const message = "The quote expired before it was paid. Nothing was paid; get a new one.";
    return err("quote_expired", message, "never");
  }
  return ok(invoice);
}
