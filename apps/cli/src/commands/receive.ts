import { randomUUID } from "node:crypto";
import { formatMsat, parseSatInput, satToMsat } from "@satsconnect/money";
import { onePositional, waitSeconds } from "../arguments.ts";
import { online, requireConnection } from "../context.ts";
import type { Context } from "../context.ts";
import { badInput, CommandFailed, failed } from "../command-failed.ts";

const standardWaitSeconds = 600;

/** Makes an invoice, shows it, and stays until it is paid: this wallet must run to receive. */
export async function receive(context: Context): Promise<void> {
  const { args } = context;
  const amount = parseSatInput(onePositional(args, "how much to receive, in sats"));
  if (!amount.ok) throw badInput(amount.error.code, amount.error.message);
  if (amount.value === 0n) throw badInput("amount_needed", "The amount must be more than zero.");
  const wait = waitSeconds(args, standardWaitSeconds);
  await online(context, async ({ wallet, output }) => {
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
        : `\nThe payment opens a channel; ${formatMsat(openingFeeMsat)} of it is the fee for that.`;
    output.step(`Have this paid:\n\n${invoice}\n${fee}`, {
      step: "invoice",
      invoice,
      paymentHash,
      openingFeeMsat,
    });
    if (wait === 0) {
      output.result(
        "Start `receive` or any command again while it is paid: this wallet must run.",
        {
          paymentHash,
          waited: false,
        },
      );
      return;
    }
    const payment = await wallet.settled(paymentHash, "inbound", wait * 1_000);
    if (payment?.direction !== "inbound") throw new Error("An invoice without a record");
    if (payment.state !== "claimed") {
      throw new CommandFailed("not_paid", "Nobody has paid it within the time.");
    }
    output.result(`Received ${formatMsat(payment.receivedMsat ?? satToMsat(amount.value))}.`, {
      payment: { state: payment.state, hash: paymentHash },
      receivedMsat: payment.receivedMsat,
      skimmedFeeMsat: payment.skimmedFeeMsat,
    });
  });
}
