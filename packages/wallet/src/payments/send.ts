import { isInvoiceFor } from "@satsconnect/lightning";
import type { InvoiceDetails, LightningNode, OutboundPayment } from "@satsconnect/lightning";
import { err, maxRoutingFee, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";

/** An invoice that this wallet can pay, with the amount and the fee limit. */
export type SendPreview = {
  readonly details: InvoiceDetails;
  readonly amountMsat: Msat;
  /** The most that routing may cost. The payment records the actual fee as `feeMsat`. */
  readonly maxFeeMsat: Msat;
};

/**
 * Decodes an invoice and checks that this wallet can pay it. Works offline. `amountMsat` is for invoices without an
 * amount. Errors: those of `decodeInvoice`, `invoice_wrong_network`, `invoice_expired`, `invoice_own`, `amount_needed`,
 * `amount_mismatch`.
 */
export function previewSend(
  node: LightningNode,
  invoice: string,
  now: number,
  amountMsat?: Msat,
): Result<SendPreview> {
  const decoded = node.decodeInvoice(invoice);
  if (!decoded.ok) return decoded;
  const details = decoded.value;
  if (!isInvoiceFor(node.network, details)) {
    return err(
      "invoice_wrong_network",
      `This invoice is for ${details.network}; this wallet is on ${node.network}.`,
      "never",
    );
  }
  if (details.expiresAt <= now) {
    return err("invoice_expired", "This invoice has expired. Ask for a new one.", "never");
  }
  if (details.payee === node.nodeId) {
    return err("invoice_own", "This wallet made this invoice itself and cannot pay it.", "never");
  }
  const amount = details.amountMsat ?? amountMsat;
  if (amount === undefined) {
    return err("amount_needed", "This invoice has no amount. Enter how much to pay.", "never");
  }
  if (
    details.amountMsat !== null &&
    amountMsat !== undefined &&
    amountMsat !== details.amountMsat
  ) {
    return err(
      "amount_mismatch",
      `This invoice is for ${(details.amountMsat / 1_000n).toString()} sat; it cannot be paid with another amount.`,
      "never",
    );
  }
  if (amount === 0n) return err("amount_needed", "The amount must be more than zero.", "never");
  return ok({ details, amountMsat: amount, maxFeeMsat: maxRoutingFee(amount) });
}

/**
 * Pays an invoice. Resolves once the intent to pay is durable; follow the payment with `node.whenSettled`. Idempotent:
 * an invoice is never paid twice, however often this is called.
 */
export async function send(
  node: LightningNode,
  invoice: string,
  preview: SendPreview,
): Promise<Result<OutboundPayment>> {
  return node.pay({
    invoice,
    ...(preview.details.amountMsat === null ? { amountMsat: preview.amountMsat } : {}),
    maxFeeMsat: preview.maxFeeMsat,
  });
}

/**
 * Pays an invoice and waits until the payment succeeds or fails. After `timeoutMs` it resolves with the payment as it
 * is. The node itself waits for a newer network graph where there is no route.
 */
export async function sendAndWait(
  node: LightningNode,
  invoice: string,
  preview: SendPreview,
  timeoutMs: number,
): Promise<Result<OutboundPayment>> {
  const started = await send(node, invoice, preview);
  if (!started.ok) return started;
  const { paymentHash } = preview.details;
  const payment = await node.whenSettled(paymentHash, "outbound", AbortSignal.timeout(timeoutMs));
  if (payment?.direction !== "outbound") throw new Error("The node has no record of this payment");
  return ok(payment);
}
