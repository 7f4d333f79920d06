import { randomUUID } from "node:crypto";
import { formatMsat, parseSatInput, satToMsat } from "@satsconnect/money";
import { onePositional, waitSeconds } from "../arguments.ts";
import { requireConnection, withWallet } from "../context.ts";
import type { Context } from "../context.ts";
import { badInput, CommandFailed, failed } from "../command-failed.ts";

const defaultWaitSeconds = 600;

/** Creates an invoice, prints it, and waits for its payment. The wallet must run to receive. */
export async function receive(context: Context): Promise<void> {
  const { args } = context;
  const amount = parseSatInput(onePositional(args, "the amount to receive, in sats"));
  if (!amount.ok) throw badInput(amount.error.code, amount.error.message);
  if (amount.value === 0n) throw badInput("amount_needed", "The amount must be more than zero.");
  const wait = waitSeconds(args, defaultWaitSeconds);
  await withWallet(context, async ({ wallet, output }) => {
    await requireConnection(wallet);
    const made = await wallet.receive({
      amountMsat: satToMsat(amount.value),
      description: args.values.note ?? "SatsConnect",
      expirySeconds: Math.max(60, wait),
      idempotencyKey: randomUUID(),
    });
    if (!made.ok) throw failed(made.error);
    const { invoice, paymentHash, openingFeeMsat } = made.value;
    const fee =
      openingFeeMsat === 0n
        ? ""
        : `\nThe payment opens a channel, for which ${formatMsat(openingFeeMsat)} will be deducted.`;
    output.step(`Invoice:\n\n${invoice}\n${fee}`, {
      step: "invoice",
      invoice,
      paymentHash,
      openingFeeMsat,
    });
    if (wait === 0) {
      output.result(
        "Not waiting. The wallet must run to receive: run any command while the invoice is being paid.",
        {
          paymentHash,
          waited: false,
        },
      );
      return;
    }
    const payment = await wallet.settled(paymentHash, "inbound", wait * 1_000);
    if (payment?.direction !== "inbound") throw new Error("The node has no record of the invoice");
    if (payment.state !== "claimed") {
      throw new CommandFailed("not_paid", `The invoice was not paid within ${String(wait)} s.`);
    }
    output.result(`Received ${formatMsat(payment.receivedMsat ?? satToMsat(amount.value))}.`, {
      payment: { state: payment.state, hash: paymentHash },
      receivedMsat: payment.receivedMsat,
      skimmedFeeMsat: payment.skimmedFeeMsat,
    });
  });
}
