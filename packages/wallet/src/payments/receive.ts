import type { LightningNode } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import { maxOpeningFeeMsat } from "../policy.ts";

export type ReceiveRequest = {
  /** Null: the payer chooses the amount. Only possible with inbound capacity in an open channel. */
  readonly amountMsat: Msat | null;
  readonly description: string;
  readonly expirySeconds: number;
  readonly idempotencyKey: string;
  /** The LSP itself pays this invoice, as in a buy: no opening fee is deducted from the quoted amount. */
  readonly paidByLsp?: boolean;
};

export type ReceiveInvoice = {
  readonly invoice: string;
  readonly paymentHash: string;
  /** The amount that the LSP deducts from the payment for opening a channel; zero when an open channel has the capacity. */
  readonly openingFeeMsat: Msat;
};

/**
 * Makes an invoice. If the open channels have enough inbound capacity it is an ordinary one; otherwise its payment opens
 * a channel (LSPS2, bLIP 52), and the LSP deducts `openingFeeMsat`, at most `maxOpeningFeeMsat(amountMsat)`. Errors:
 * `amount_needed` without an amount while no channel can receive, and those of `createInvoice` and `createJitInvoice`.
 */
export async function receiveInvoice(
  node: LightningNode,
  lsp: string,
  request: ReceiveRequest,
): Promise<Result<ReceiveInvoice>> {
  const { amountMsat, description, expirySeconds, idempotencyKey } = request;
  const { receivableMsat } = await node.balances();
  if (amountMsat === null ? receivableMsat > 0n : receivableMsat >= amountMsat) {
    const made = await node.createInvoice({
      ...(amountMsat === null ? {} : { amountMsat }),
      description,
      expirySeconds,
      idempotencyKey,
    });
    if (!made.ok) return made;
    if (made.value.request === null)
      throw new Error("The node made an invoice without a BOLT 11 string");
    return ok({
      invoice: made.value.request,
      paymentHash: made.value.paymentHash,
      openingFeeMsat: msat(0n),
    });
  }
  if (amountMsat === null) {
    return err(
      "amount_needed",
      "Your first payment opens a channel, which needs an amount. Enter how much to receive.",
      "never",
    );
  }
  const made = await node.createJitInvoice({
    lsp,
    amountMsat,
    description,
    expirySeconds,
    maxOpeningFeeMsat: maxOpeningFeeMsat(amountMsat),
    paidByLsp: request.paidByLsp === true,
    idempotencyKey,
  });
  if (!made.ok) return made;
  return ok({
    invoice: made.value.invoice,
    paymentHash: made.value.payment.paymentHash,
    openingFeeMsat: made.value.openingFeeMsat,
  });
}
