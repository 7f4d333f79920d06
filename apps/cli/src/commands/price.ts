import { normalizeMsisdn } from "@satsconnect/contracts";
import type { Order } from "@satsconnect/contracts";
import { formatFiat, formatMsat, parseFiat, parseMsat } from "@satsconnect/money";
import { noPositionals, onePositional } from "../arguments.ts";
import { requireConnection, withWallet } from "../context.ts";
import type { Context } from "../context.ts";
import { badInput, failed } from "../command-failed.ts";

/** Shows the current price of a buy that was not delivered at its own, and takes it with `--accept`. */
export async function price(context: Context): Promise<void> {
  const orderId = onePositional(context.args, "the order");
  const accept = context.args.values.accept === true;
  await withWallet(context, async ({ wallet, output }) => {
    await requireConnection(wallet);
    const asked = await wallet.renewPrice(orderId, null);
    if (!asked.ok) throw failed(asked.error);
    const { offer } = asked.value;
    const offered = offer === null ? null : parseMsat(offer.amountMsat);
    if (!accept || offered === null || !offered.ok) {
      output.result(describe(asked.value), { state: asked.value.state, offer });
      return;
    }
    const taken = await wallet.renewPrice(orderId, offered.value);
    if (!taken.ok) throw failed(taken.error);
    output.result(describe(taken.value), { state: taken.value.state, offer: taken.value.offer });
  });
}

function describe({ state, offer, amountMsat, amountKesCents }: Order): string {
  if (offer === null) return `The order is ${state}; no new price is offered for it.`;
  return [
    `For ${kesText(amountKesCents)} you get ${msatText(offer.amountMsat)} until ${offer.expiresAt.slice(11, 19)} UTC, instead of ${msatText(amountMsat)}.`,
    "Take it with `--accept`; otherwise the shillings are paid back.",
  ].join("\n");
}

/** Shows what the wallet may still buy and sell. */
export async function limits(context: Context): Promise<void> {
  noPositionals(context.args);
  await withWallet(context, async ({ wallet, output }) => {
    const found = await wallet.api.limits();
    if (!found.ok) throw failed(found.error);
    const lines = (["buy", "sell"] as const).flatMap((kind) =>
      found.value[kind].map((limit) => {
        const used =
          limit.maximumKesCents === null
            ? `${limit.usedOrders ?? 0} of ${limit.maximumOrders ?? 0} orders`
            : `${kesText(limit.usedKesCents ?? "0")} of ${kesText(limit.maximumKesCents)}`;
        return `${kind.padEnd(5)} ${used}  (${limit.tier}: ${limit.reason})`;
      }),
    );
    output.result(lines.join("\n"), { limits: found.value });
  });
}

/** Proves with the code of an M-Pesa prompt that its phone is at hand, so that it can be prompted again. */
export async function prove(context: Context): Promise<void> {
  const code = onePositional(context.args, "the last 4 characters of the account in the prompt");
  const { phone } = context.args.values;
  if (phone === undefined) {
    throw badInput("argument_missing", "Missing the number. Pass it with --phone 0712345678.");
  }
  const number = normalizeMsisdn(phone);
  if (!number.ok) throw badInput(number.error.code, number.error.message);
  await withWallet(context, async ({ wallet, output }) => {
    const proven = await wallet.api.proveNumber({ msisdn: number.value, code });
    if (!proven.ok) throw failed(proven.error);
    output.result("The number is proven.", { proven: true });
  });
}

function kesText(text: string): string {
  const amount = parseFiat("KES", text);
  return amount.ok ? formatFiat("KES", amount.value) : text;
}

function msatText(text: string): string {
  const amount = parseMsat(text);
  return amount.ok ? formatMsat(amount.value) : text;
}
