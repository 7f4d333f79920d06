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
import { requireConnection, withWallet } from "../context.ts";
import type { Context, WalletContext } from "../context.ts";
import { badInput, CommandFailed, failed } from "../command-failed.ts";
import type { Output } from "../output.ts";
import { confirmPayment } from "../prompt.ts";
import { describeOutcome, stateDescriptions } from "../order-descriptions.ts";

/** Ten minutes: an order waits for the PIN and M-Pesa's callback, and a payout can take minutes. */
const defaultWaitSeconds = 600;
/** How long to wait for this wallet's own payment after the order is final. */
const settleTimeoutMs = 60_000;

export async function buy(context: Context): Promise<void> {
  await openOrder(context, "buy");
}

export async function sell(context: Context): Promise<void> {
  await openOrder(context, "sell");
}

async function openOrder(context: Context, kind: OrderKind): Promise<void> {
  const { args } = context;
  const msisdn = phoneOf(args, kind);
  const amount = amountOf(args, kind);
  const wait = waitSeconds(args, defaultWaitSeconds);
  await withWallet(context, async (walletContext) => {
    const { wallet, output } = walletContext;
    await requireConnection(wallet);
    const request: QuoteRequest =
      kind === "buy" ? { kind, ...amount } : { kind, ...amount, msisdn };
    const quote = await wallet.quote(request);
    if (!quote.ok) throw failed(quote.error);
    showQuote(output, quote.value);
    if (kind === "sell") await confirmPayment(args);
    const order = await wallet[kind](quote.value, msisdn);
    if (!order.ok) throw failed(order.error);
    output.step(`Order ${order.value.id} opened.`, {
      step: "order",
      order: withoutInvoice(order.value),
    });
    if (kind === "buy") showHandset(walletContext);
    await followToEnd(walletContext, order.value, wait);
  });
}

function phoneOf(args: Arguments, kind: OrderKind): string {
  const { phone } = args.values;
  if (phone === undefined) {
    const role = kind === "buy" ? "pays" : "receives the shillings";
    throw badInput(
      "argument_missing",
      `Missing the M-Pesa number that ${role}. Pass it with --phone, for example --phone 0712345678.`,
    );
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
  const text = onePositional(args, `the amount to ${kind}, in ${inSat ? "sats" : "shillings"}`);
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
  spread: "operator's margin",
  mpesa: "M-Pesa fee",
  channel_open: "opening a channel",
  routing: "Lightning routing fees",
} as const;

function showQuote(output: Output, quote: Quote): void {
  const lines = [
    `Quote ${quote.id}, valid until ${quote.expiresAt.slice(11, 19)} UTC:`,
    `            ${kesText(quote.amountKesCents)} for ${msatText(quote.amountMsat)} at KES ${quote.rateKesPerBtc} per bitcoin`,
    ...quote.fees.map(
      (fee) =>
        `            ${feeNames[fee.code]}: ${kesText(fee.amountKesCents)} (${msatText(fee.amountMsat)})`,
    ),
  ];
  if (quote.customerMpesaFeeKesCents !== "0")
    lines.push(
      `            M-Pesa charges you ${kesText(quote.customerMpesaFeeKesCents)} in addition`,
    );
  if (quote.recipient !== null) {
    const name = quote.recipient.name ?? "name unknown";
    lines.push(`            to ${quote.recipient.msisdn} (${name})`);
  }
  output.step(lines.join("\n"), { step: "quote", quote });
}

function showHandset({ handsetUrl, output }: WalletContext): void {
  if (handsetUrl === null) return;
  output.step(`Enter the M-Pesa PIN on the simulated phone: ${handsetUrl}`, {
    step: "handset",
    handsetUrl,
  });
}

/** The order for JSON output. It leaves out the invoice: anyone who has it could pay it. */
function withoutInvoice(order: Order): Omit<Order, "invoice"> {
  const { invoice: _invoice, ...rest } = order;
  return rest;
}

/**
 * Prints each state as it changes, until the order is final or `seconds` have passed, and then the result.
 * With 0 seconds it returns at once. @throws CommandFailed unless the order is then `paid` or `claimed`
 */
export async function followToEnd(
  { wallet, output }: WalletContext,
  order: Order,
  seconds: number,
): Promise<void> {
  if (seconds === 0) {
    output.result("The order continues in the background; check it with `history`.", {
      order: withoutInvoice(order),
      waited: false,
    });
    return;
  }
  const signal = AbortSignal.timeout(seconds * 1_000);
  try {
    for await (const event of wallet.follow(order.id, signal)) {
      output.step(`${event.state.padEnd(17)} ${stateDescriptions[event.state]}`, {
        step: "state",
        event,
      });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const current = await wallet.api.orders.get(order.id);
  if (!current.ok) throw failed(current.error);
  await report(wallet, output, current.value);
}

/** Whether this wallet's own payment will become final. A buy that failed leaves an unpaid invoice, which never does. */
function hasPayment(order: Order): boolean {
  return order.final && (order.kind === "sell" || order.state === "paid");
}

async function report(wallet: Wallet, output: Output, order: Order): Promise<void> {
  const direction = order.kind === "buy" ? "inbound" : "outbound";
  const payment =
    order.paymentHash === null
      ? undefined
      : hasPayment(order)
        ? await wallet.settled(order.paymentHash, direction, settleTimeoutMs)
        : await wallet.node.payment(order.paymentHash, direction);
  const lines = [
    describeOutcome(order),
    `  Payment hash  ${order.paymentHash ?? "none"}`,
    `  M-Pesa        ${order.mpesaReceipt ?? "no receipt"}`,
    `  This wallet   ${payment === undefined ? "no payment" : payment.state}`,
  ];
  output.result(lines.join("\n"), {
    order: withoutInvoice(order),
    payment: payment === undefined ? null : { state: payment.state, hash: payment.paymentHash },
    waited: true,
  });
  if (!order.final) {
    throw new CommandFailed(
      "still_moving",
      `The order is not final yet. It continues by itself${order.deadlineAt === null ? "" : ` until ${order.deadlineAt}`}; check it with \`history\`.`,
    );
  }
  if (order.state !== "paid" && order.state !== "claimed") {
    throw new CommandFailed(`order_${order.state}`, describeOutcome(order));
  }
}
