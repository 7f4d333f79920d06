import { formatFiat, formatMsat, formatSat, msatToFiat, parseRate } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { noPositionals } from "../arguments.ts";
import { withWallet } from "../context.ts";
import type { Context } from "../context.ts";

/** Prints what is spendable, receivable and pending. */
export async function balance(context: Context): Promise<void> {
  noPositionals(context.args);
  await withWallet(context, async ({ wallet, output }) => {
    const [balances, info] = await Promise.all([wallet.balances(), wallet.info()]);
    const rate =
      info.ok && info.value.rate !== null ? parseRate("KES", info.value.rate.kesPerBtc) : null;
    const shillings = (amount: Msat): string =>
      rate !== null && rate.ok
        ? ` (about ${formatFiat("KES", msatToFiat(amount, rate.value, "floor"))})`
        : "";
    const { onChain } = balances;
    const claimableSat = balances.claimable.reduce((sum, claim) => sum + claim.amountSat, 0n);
    const lines = [
      `Spendable   ${formatMsat(balances.sendableMsat)}${shillings(balances.sendableMsat)}`,
      `Receivable  ${formatMsat(balances.receivableMsat)}`,
      `In channels ${formatMsat(balances.channelsMsat)}`,
    ];
    if (balances.outboundPendingMsat > 0n)
      lines.push(`Pending out ${formatMsat(balances.outboundPendingMsat)}`);
    if (balances.inboundPendingMsat > 0n)
      lines.push(`Pending in  ${formatMsat(balances.inboundPendingMsat)}`);
    if (onChain.spendableSat > 0n) lines.push(`On chain    ${formatSat(onChain.spendableSat)}`);
    output.result(lines.join("\n"), {
      spendableMsat: balances.sendableMsat,
      receivableMsat: balances.receivableMsat,
      channelsMsat: balances.channelsMsat,
      outboundPendingMsat: balances.outboundPendingMsat,
      inboundPendingMsat: balances.inboundPendingMsat,
      onChainSat: onChain.spendableSat,
      onChainClaimableSat: claimableSat,
    });
  });
}
