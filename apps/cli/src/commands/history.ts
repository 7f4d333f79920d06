import { formatFiat, formatMsat, parseFiat } from "@satsconnect/money";
import type { HistoryEntry } from "@satsconnect/wallet";
import { noPositionals } from "../arguments.ts";
import { withWallet } from "../context.ts";
import type { Context } from "../context.ts";
import { badInput } from "../command-failed.ts";

const signs = { buy: "+", receive: "+", sell: "-", send: "-" } as const;

function line(entry: HistoryEntry): string {
  const when = new Date(entry.at).toISOString().slice(0, 19).replace("T", " ");
  const amount = `${signs[entry.kind]}${formatMsat(entry.amountMsat)}`;
  const kes = entry.order === null ? null : parseFiat("KES", entry.order.amountKesCents);
  const shillings = kes !== null && kes.ok ? ` ${formatFiat("KES", kes.value)}` : "";
  const state = entry.order?.state ?? entry.payment?.state ?? entry.state;
  const receipt = entry.order?.mpesaReceipt ?? "";
  return [when, entry.kind.padEnd(7), amount.padStart(18), state.padEnd(12), shillings, receipt]
    .join("  ")
    .trimEnd();
}

/** Prints payments and orders in one list, newest first. */
export async function history(context: Context): Promise<void> {
  noPositionals(context.args);
  const { limit = "30" } = context.args.values;
  if (!/^[1-9]\d{0,4}$/u.test(limit)) {
    throw badInput(
      "arguments_invalid",
      "--limit takes a number of entries, for example --limit 50.",
    );
  }
  await withWallet(context, async ({ wallet, output }) => {
    const { entries, complete } = await wallet.history();
    if (!complete) output.warn("The operator's API cannot be reached: orders may be missing.");
    const shown = entries.slice(0, Number(limit));
    output.result(shown.length === 0 ? "No payments or orders yet." : shown.map(line).join("\n"), {
      complete,
      entries: shown.map((entry) => ({
        kind: entry.kind,
        at: entry.at,
        state: entry.state,
        amountMsat: entry.amountMsat,
        feeMsat: entry.feeMsat,
        paymentHash: entry.paymentHash,
        orderId: entry.order?.id ?? null,
        orderState: entry.order?.state ?? null,
        mpesaReceipt: entry.order?.mpesaReceipt ?? null,
        paymentState: entry.payment?.state ?? null,
      })),
    });
  });
}
