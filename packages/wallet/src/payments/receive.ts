import type { LightningNode } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";

export type ReceiveRequest = {
  /** Null: the payer chooses; only with room in an open channel. */
  readonly amountMsat: Msat | null;
  readonly description: string;
  readonly expirySeconds: number;
  readonly idempotencyKey: string;
  /** The channel partner pays it, as for a buy: what the quote says is what arrives. */
  readonly paidByPartner?: boolean;
};

export type ReceiveInvoice = {
  readonly invoice: string;
  readonly paymentHash: string;
  /** What the channel partner keeps of the payment for opening a channel; zero when there is room. */
  readonly openingFeeMsat: Msat;
};

/** More than this share of a payment is never given away for opening a channel: a tenth, and at least 10,000 sats. */
function largestOpeningFee(amountMsat: Msat): Msat {
  const tenth = amountMsat / 10n;
  const floor = 10_000_000n;
  return msat(tenth > floor ? tenth : floor);
}

/** The most that one payment to us may carry over channels that are open now. */
async function receivableMsat(node: LightningNode): Promise<Msat> {
  return (await node.balances()).receivableMsat;
}

/**
 * An invoice that this wallet can be paid by: over an open channel where there is room, else one whose payment opens a
 * channel (LSPS2, bLIP 52).
 */
export async function receiveInvoice(
  node: LightningNode,
  lsp: string,
  request: ReceiveRequest,
): Promise<Result<ReceiveInvoice>> {
  const { amountMsat, description, expirySeconds, idempotencyKey } = request;
  const room = await receivableMsat(node);
  if (amountMsat === null ? room > 0n : room >= amountMsat) {
    const made = await node.createInvoice({
      ...(amountMsat === null ? {} : { amountMsat }),
      description,
      expirySeconds,
      idempotencyKey,
    });
    if (!made.ok) return made;
    if (made.value.request === null) throw new Error("An invoice of ours has no text");
    return ok({
      invoice: made.value.request,
      paymentHash: made.value.paymentHash,
      openingFeeMsat: msat(0n),
    });
  }
  if (amountMsat === null) {
    return err(
      "amount_needed",
      "Your first payment opens a channel: say how much you want to receive.",
      "never",
    );
  }
  const made = await node.createJitInvoice({
    lsp,
    amountMsat,
    description,
    expirySeconds,
    maxOpeningFeeMsat: largestOpeningFee(amountMsat),
    paidByLsp: request.paidByPartner === true,
    idempotencyKey,
  });
  if (!made.ok) return made;
  return ok({
    invoice: made.value.invoice,
    paymentHash: made.value.payment.paymentHash,
    openingFeeMsat: made.value.openingFeeMsat,
  });
}
