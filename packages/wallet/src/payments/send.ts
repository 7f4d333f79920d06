import type { Clock, InvoiceDetails, LightningNode, OutboundPayment } from "@satsconnect/lightning";
import { err, maxRoutingFee, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";

/** What an invoice asks for, checked against this wallet, before anything is paid. */
export type SendPreview = {
  readonly details: InvoiceDetails;
  readonly amountMsat: Msat;
  /** The most that routing may cost. What it did cost stands in the payment afterwards. */
  readonly maxFeeMsat: Msat;
};

/** Reads an invoice and says what paying it would mean. Works offline. */
export function previewSend(
  node: LightningNode,
  invoice: string,
  now: number,
  amountMsat?: Msat,
): Result<SendPreview> {
  const decoded = node.decodeInvoice(invoice);
  if (!decoded.ok) return decoded;
  const details = decoded.value;
  if (details.network !== node.network) {
    return err(
      "invoice_wrong_network",
      `This invoice is for ${details.network}; this wallet is on ${node.network}.`,
      "never",
    );
  }
  if (details.expiresAt <= now) {
    return err("invoice_expired", "This invoice has ended. Ask for a new one.", "never");
  }
  if (details.payee === node.nodeId) {
    return err("invoice_own", "This invoice is this wallet's own.", "never");
  }
  const amount = details.amountMsat ?? amountMsat;
  if (amount === undefined) {
    return err("amount_needed", "This invoice leaves the amount to you: say how much.", "never");
  }
  if (
    details.amountMsat !== null &&
    amountMsat !== undefined &&
    amountMsat !== details.amountMsat
  ) {
    return err("amount_mismatch", "This invoice asks for another amount.", "never");
  }
  if (amount === 0n) return err("amount_needed", "The amount must be more than zero.", "never");
  return ok({ details, amountMsat: amount, maxFeeMsat: maxRoutingFee(amount) });
}

/**
 * Pays an invoice. Resolves with the payment once its intent is durable; the same invoice is never paid twice,
 * however often this is called. Follow it with `node.whenSettled`.
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

/** A node that has just met the network learns its map from its peer; until then it knows no way to anybody. */
const mapMs = 20_000;
const tryAgainMs = 500;

/**
 * Pays an invoice and waits for the end, or until the time is over: then with what the payment is by then. A payment
 * that found no way is tried again for a while, until the map of the network can be expected to be there: it failed
 * for certain, so that nothing can be paid twice.
 */
export async function sendAndWait(
  node: LightningNode,
  invoice: string,
  preview: SendPreview,
  clock: Clock,
  timeoutMs: number,
): Promise<Result<OutboundPayment>> {
  const startedAt = clock.now();
  const { paymentHash } = preview.details;
  const signal = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const begun = await send(node, invoice, preview);
    if (!begun.ok) return begun;
    const payment = await node.whenSettled(paymentHash, "outbound", signal);
    if (payment?.direction !== "outbound") throw new Error("A payment without a record");
    const mayFind =
      payment.state === "failed" &&
      payment.failure === "noRoute" &&
      clock.now() - startedAt < Math.min(mapMs, timeoutMs);
    if (!mayFind) return ok(payment);
    await new Promise<void>((resolve) => {
      clock.after(tryAgainMs, resolve);
    });
  }
}
