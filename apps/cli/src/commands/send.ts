import { endOfTime, formatMsat, msat, parseSatInput, satToMsat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { parsePaymentText } from "@satsconnect/wallet";
import type { Wallet } from "@satsconnect/wallet";
import { onePositional, waitSeconds } from "../arguments.ts";
import type { Arguments } from "../arguments.ts";
import { requireConnection, withWallet } from "../context.ts";
import type { Context } from "../context.ts";
import { badInput, CommandFailed, failed } from "../command-failed.ts";
import { confirmPayment } from "../prompt.ts";

function amountOf(args: Arguments): Msat | undefined {
  const { amount } = args.values;
  if (amount === undefined) return undefined;
  const parsed = parseSatInput(amount);
  if (!parsed.ok) throw badInput(parsed.error.code, parsed.error.message);
  return satToMsat(parsed.value);
}

/** The invoice of whatever was pasted, and the amount that its link states for one without an amount. */
function payableIn(wallet: Wallet, text: string, amount: Msat | undefined) {
  const found = parsePaymentText(text, wallet.node.network);
  if (!found.ok) throw failed(found.error);
  const { invoice, amountMsat } = found.value;
  if (invoice === null)
    throw badInput(
      "text_unknown",
      "This is an address on the Bitcoin chain. This wallet pays by Lightning: ask for an invoice.",
    );
  const decoded = wallet.node.decodeInvoice(invoice);
  const stated =
    decoded.ok && decoded.value.amountMsat === null && amountMsat !== null
      ? msat(amountMsat)
      : undefined;
  const preview = wallet.previewSend(invoice, amount ?? stated);
  if (!preview.ok) throw failed(preview.error);
  return { invoice, preview: preview.value };
}

/** Pays an invoice and waits until the payment succeeds or fails. */
export async function send(context: Context): Promise<void> {
  const { args } = context;
  const text = onePositional(args, "the invoice to pay");
  const amount = amountOf(args);
  const wait = waitSeconds(args, 120);
  await withWallet(context, async ({ wallet, output }) => {
    const { invoice, preview } = payableIn(wallet, text, amount);
    const { details, amountMsat, maxFeeMsat } = preview;
    output.step(
      [
        `Pay ${formatMsat(amountMsat)}, plus a routing fee of at most ${formatMsat(maxFeeMsat)}:`,
        `            to    ${details.payee}`,
        `            for   ${details.description ?? "no description"}`,
        `            hash  ${details.paymentHash}`,
        details.expiresAt === endOfTime
          ? "            does not expire"
          : `            until ${new Date(details.expiresAt).toISOString()}`,
      ].join("\n"),
      {
        step: "decoded",
        payee: details.payee,
        description: details.description,
        paymentHash: details.paymentHash,
        amountMsat,
        maxFeeMsat,
        expiresAt: details.expiresAt,
      },
    );
    await confirmPayment(args);
    await requireConnection(wallet);
    output.step("Payment sent.", { step: "sent", paymentHash: details.paymentHash });
    const sent = await wallet.sendAndWait(invoice, preview, wait * 1_000);
    if (!sent.ok) throw failed(sent.error);
    const payment = sent.value;
    const fields = {
      payment: { state: payment.state, hash: payment.paymentHash, failure: payment.failure },
      amountMsat: payment.amountMsat,
      feeMsat: payment.feeMsat,
    };
    switch (payment.state) {
      case "succeeded":
        output.result(
          `Paid ${formatMsat(payment.amountMsat)}; the routing fee was ${formatMsat(payment.feeMsat ?? maxFeeMsat)}.`,
          fields,
        );
        return;
      case "failed":
        output.result("The payment failed. Nothing was paid.", fields);
        throw new CommandFailed(`payment_${payment.failure ?? "failed"}`, "Nothing was paid.");
      case "pending":
      case "inFlight":
        output.result("The payment is still pending; check its outcome with `history`.", fields);
        throw new CommandFailed(
          "still_moving",
          `The payment is still pending after ${String(wait)} s.`,
        );
    }
  });
}
