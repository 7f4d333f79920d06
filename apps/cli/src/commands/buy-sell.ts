import { normalizeMsisdn } from "@satsconnect/contracts";
import type { Order, OrderKind, Quote, QuoteRequest } from "@satsconnect/contracts";
import {
  formatFiat,
  formatMsat,
  parseFiat,
  parseFiatInput,
  parseMsat,
  parseSatInput,
  satToMsat,
} from "@satsconnect/money";
import type { Wallet } from "@satsconnect/wallet";
import { onePositional, waitSeconds } from "../arguments.ts";
import type { Arguments } from "../arguments.ts";
import { online, requireConnection } from "../context.ts";
import type { Context, OnlineContext } from "../context.ts";
import { badInput, CommandFailed, failed } from "../command-failed.ts";
import type { Output } from "../output.ts";
import { ask, isInteractive } from "../prompt.ts";
import { endWords, stateWords } from "../order-descriptions.ts";

/** Orders take a PIN and a callback; a payout can take minutes. */
const standardWaitSeconds = 600;
const arrivalMs = 60_000;

export async function buy(context: Context): Promise<void> {
  await exchange(context, "buy");
}

export async function sell(context: Context): Promise<void> {
  await exchange(context, "sell");
}

async function exchange(context: Context, kind: OrderKind): Promise<void> {
  const { args } = context;
  const msisdn = phoneOf(args, kind);
  const amount = amountOf(args, kind);
  const wait = waitSeconds(args, standardWaitSeconds);
  await online(context, async (onlineContext) => {
    const { wallet, output } = onlineContext;
    await requireConnection(wallet);
    const request: QuoteRequest =
      kind === "buy" ? { kind, ...amount } : { kind, ...amount, msisdn };
    const quote = await wallet.quote(request);
    if (!quote.ok) throw failed(quote.error);
    showQuote(output, quote.value);
    await confirm(args, quote.value);
    const order = await wallet[kind](quote.value, msisdn);
    if (!order.ok) throw failed(order.error);
    output.step(`Order ${order.value.id} is open.`, { step: "order", order: shown(order.value) });
    if (kind === "buy") hint(onlineContext);
    await followToEnd(onlineContext, order.value, wait);
  });
}

function phoneOf(args: Arguments, kind: OrderKind): string {
  const { phone } = args.values;
  if (phone === undefined) {
    const whose = kind === "buy" ? "pays" : "gets the shillings";
    throw badInput("argument_missing", `Say which M-Pesa number ${whose}: --phone 0712345678.`);
  }
  const number = normalizeMsisdn(phone);
  if (!number.ok) throw badInput(number.error.code, number.error.message);
  return number.value;
}

function amountOf(
  args: Arguments,
  kind: OrderKind,
): { readonly amountKesCents: string } | { readonly amountMsat: string } {
  const inSat = args.values.sat === true;
  const text = onePositional(args, `how much to ${kind}, in ${inSat ? "sats" : "shillings"}`);
  if (inSat) {
    const amount = parseSatInput(text);
    if (!amount.ok) throw badInput(amount.error.code, amount.error.message);
    return { amountMsat: satToMsat(amount.value).toString() };
  }
  const amount = parseFiatInput("KES", text);
  if (!amount.ok) throw badInput(amount.error.code, amount.error.message);
  return { amountKesCents: amount.value.toString() };
}

const kesText = (text: string): string => {
  const amount = parseFiat("KES", text);
  return amount.ok ? formatFiat("KES", amount.value) : text;
};
const msatText = (text: string): string => {
  const amount = parseMsat(text);
  return amount.ok ? formatMsat(amount.value) : text;
};

const feeNames = {
  spread: "the operator's margin",
  mpesa: "M-Pesa's fee",
  channel_open: "opening a channel",
  routing: "Lightning fees",
} as const;

function showQuote(output: Output, quote: Quote): void {
  const lines = [
    `Quote ${quote.id}, good until ${quote.expiresAt.slice(11, 19)} UTC:`,
    `            ${kesText(quote.amountKesCents)} for ${msatText(quote.amountMsat)} at KES ${quote.rateKesPerBtc} a bitcoin`,
    ...quote.fees.map(
      (fee) =>
        `            ${feeNames[fee.code]}: ${kesText(fee.amountKesCents)} (${msatText(fee.amountMsat)})`,
    ),
  ];
  if (quote.customerMpesaFeeKesCents !== "0")
    lines.push(
      `            M-Pesa itself charges ${kesText(quote.customerMpesaFeeKesCents)} on top`,
    );
  if (quote.recipient !== null) {
    const name = quote.recipient.name ?? "no name given";
    lines.push(`            to ${quote.recipient.msisdn} (${name})`);
  }
  output.step(lines.join("\n"), { step: "quote", quote });
}

async function confirm(args: Arguments, quote: Quote): Promise<void> {
  if (quote.kind === "buy" || args.values.yes === true || !isInteractive()) return;
  const answer = await ask("Pay this? (y/n) ");
  if (!/^y(es)?$/iu.test(answer.trim())) throw new CommandFailed("declined", "Nothing was paid.");
}

function hint({ handsetUrl, output }: OnlineContext): void {
  if (handsetUrl === null) return;
  output.step(`Enter the M-Pesa PIN on the handset: ${handsetUrl}`, {
    step: "handset",
    handsetUrl,
  });
}

/** An order as a program sees it: all of it but the invoice, which is a secret of the two. */
function shown(order: Order): Omit<Order, "invoice"> {
  const { invoice: _invoice, ...rest } = order;
  return rest;
}

/** Shows each state as it comes, until the order is final or the time is over. */
export async function followToEnd(
  { wallet, output }: OnlineContext,
  order: Order,
  seconds: number,
): Promise<void> {
  if (seconds === 0) {
    output.result(`It goes on by itself; look with \`history\`.`, {
      order: shown(order),
      waited: false,
    });
    return;
  }
  const signal = AbortSignal.timeout(seconds * 1_000);
  try {
    for await (const event of wallet.follow(order.id, signal)) {
      output.step(`${event.state.padEnd(17)} ${stateWords[event.state]}`, { step: "state", event });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const now = await wallet.api.orders.get(order.id);
  if (!now.ok) throw failed(now.error);
  await report(wallet, output, now.value);
}

/** Whether this wallet's own payment has an end to wait for: a buy that ended without one leaves an unpaid invoice. */
function movesHere(order: Order): boolean {
  return order.final && (order.kind === "sell" || order.state === "paid");
}

async function report(wallet: Wallet, output: Output, order: Order): Promise<void> {
  const direction = order.kind === "buy" ? "inbound" : "outbound";
  const payment =
    order.paymentHash === null
      ? undefined
      : movesHere(order)
        ? await wallet.settled(order.paymentHash, direction, arrivalMs)
        : await wallet.node.payment(order.paymentHash, direction);
  const lines = [
    endWords(order),
    `  Payment hash  ${order.paymentHash ?? "none"}`,
    `  M-Pesa        ${order.mpesaReceipt ?? "no receipt"}`,
    `  This wallet   ${payment === undefined ? "no payment" : payment.state}`,
  ];
  output.result(lines.join("\n"), {
    order: shown(order),
    payment: payment === undefined ? null : { state: payment.state, hash: payment.paymentHash },
    waited: true,
  });
  if (!order.final) {
    throw new CommandFailed(
      "still_moving",
      `The order is not over yet; it goes on by itself until ${order.deadlineAt ?? "its end"}.`,
    );
  }
  if (order.state !== "paid" && order.state !== "claimed") {
    throw new CommandFailed(`order_${order.state}`, endWords(order));
  }
}
