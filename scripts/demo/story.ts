import path from "node:path";
import type { Order, OrderState, Quote, QuoteRequest } from "@satsconnect/contracts";
import {
  fiat,
  formatFiat,
  formatMsat,
  formatSat,
  parseFiat,
  parseMsat,
  valueOf,
} from "@satsconnect/money";
import { newMnemonic, seedOf } from "@satsconnect/wallet";
import type { Wallet } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet } from "@satsconnect/wallet/nodejs";
import { openMerchant } from "../stack/merchant.ts";
import type { Mpesa } from "../stack/mpesa.ts";
import type { System } from "../stack/system.ts";
import type { Screen } from "./screen.ts";

export type Tools = { readonly system: System; readonly mpesa: Mpesa; readonly screen: Screen };

/** Amounts that the wallet moved; the final comparison uses them. */
export type MovedAmounts = {
  readonly boughtMsat: bigint;
  readonly sentMsat: bigint;
  readonly routingMsat: bigint;
  readonly soldMsat: bigint;
};

const buyer = "254700000001";
const recipient = "254700000002";
const buyCents = 100_000n;
const sellCents = 30_000n;

const stateTexts: Readonly<Partial<Record<OrderState, string>>> = {
  stk_requested: "The operator has requested the shillings from M-Pesa (STK push).",
  kes_received: "M-Pesa's status query confirms the payment; the callback alone is not trusted.",
  paying: "The operator's node is sending the sats.",
  paid: "The sats are delivered.",
  invoice_open: "The operator is waiting for the wallet's payment.",
  held: "The operator holds the HTLC and has not claimed it.",
  payout_requested: "The operator has requested the payout from M-Pesa.",
  payout_confirmed: "M-Pesa has paid out; the operator may now claim the HTLC.",
  claimed: "The operator has claimed the payment.",
  returning: "M-Pesa refused the payout; the operator is failing the HTLC back.",
  cancelled: "The payment has been returned to the wallet.",
};

const kes = (text: string): string => formatFiat("KES", valueOf(parseFiat("KES", text)));
const sats = (text: string): string => formatMsat(valueOf(parseMsat(text)));

/** Step 1: create a wallet. */
export async function createDemoWallet({ system, screen }: Tools): Promise<FolderWallet> {
  screen.step("Create a wallet");
  const mnemonic = newMnemonic();
  screen.line("Recovery words, generated and stored on this machine only:");
  screen.detail("", mnemonic);
  const opened = valueOf(
    await openFolderWallet({
      folder: path.join(system.home, "wallets", "demo"),
      apiUrl: system.urls.api,
      seed: () => seedOf(mnemonic),
      chainPollMs: 500,
    }),
  );
  const { wallet } = opened;
  screen.line("The wallet's own Lightning node is running.");
  screen.detail("node", wallet.node.nodeId);
  screen.detail("core", `${wallet.node.core.kind}, LDK ${wallet.node.core.version.lightning}`);
  if (!(await wallet.whenConnected(20_000))) throw new Error("No connection to the operator");
  screen.line("Connected to the operator's node.");
  screen.detail("operator", wallet.operator.nodeId);
  const session = valueOf(await wallet.api.session.open());
  screen.line("Signed in to the operator's API with the node's key.");
  screen.detail("wallet", session.walletId);
  screen.line(`Balance: ${formatMsat((await wallet.balances()).channelsMsat)}.`);
  return opened;
}

async function quoteFor(tools: Tools, wallet: Wallet, request: QuoteRequest): Promise<Quote> {
  const { screen } = tools;
  const quote = valueOf(await wallet.quote(request));
  screen.line(`Quote: ${kes(quote.amountKesCents)} for ${sats(quote.amountMsat)}.`);
  screen.detail("quote", quote.id);
  screen.detail("rate", `KES ${quote.rateKesPerBtc} per bitcoin`);
  for (const fee of quote.fees)
    screen.detail(`fee: ${fee.code}`, `${kes(fee.amountKesCents)} (${sats(fee.amountMsat)})`);
  if (quote.recipient !== null)
    screen.detail("recipient", `${quote.recipient.msisdn} ${quote.recipient.name ?? ""}`);
  screen.detail("expires at", quote.expiresAt);
  return quote;
}

async function follow({ screen }: Tools, wallet: Wallet, orderId: string): Promise<Order> {
  for await (const event of wallet.follow(orderId, AbortSignal.timeout(180_000)))
    screen.line(`${event.state.padEnd(16)} ${stateTexts[event.state] ?? ""}`);
  return valueOf(await wallet.api.orders.get(orderId));
}

function assertState(order: Order, state: OrderState): void {
  if (order.state !== state)
    throw new Error(
      `The order ended in state ${order.state} (${order.reason ?? "no reason"}); expected ${state}.`,
    );
}

/** Step 2: buy sats. @returns the amount received in millisatoshis. */
export async function buySats(tools: Tools, wallet: Wallet): Promise<bigint> {
  const { screen, mpesa } = tools;
  const person = await mpesa.customer(buyer);
  screen.step(`Buy ${formatFiat("KES", fiat("KES", buyCents))} worth of sats with M-Pesa`);
  const quote = await quoteFor(tools, wallet, { kind: "buy", amountKesCents: String(buyCents) });
  const lastMessageId = (await mpesa.messages(buyer))[0]?.id ?? 0;
  const order = valueOf(await wallet.buy(quote, buyer));
  screen.line("Order created.");
  screen.detail("order", order.id);
  screen.detail("payment hash", order.paymentHash ?? "");
  const following = follow(tools, wallet, order.id);
  const prompt = await mpesa.payPrompt(buyer);
  screen.line(`${person.name}'s phone shows the STK prompt, and she enters her M-Pesa PIN:`);
  screen.detail("prompt", prompt.text.replaceAll(/\s+/gu, " "));
  const ended = await following;
  assertState(ended, "paid");
  screen.detail("M-Pesa receipt", ended.mpesaReceipt ?? "");
  await wallet.settled(ended.paymentHash ?? "", "inbound", 30_000);
  const [channel] = await wallet.node.channels();
  screen.line(
    `${sats(ended.amountMsat)} arrived at the wallet's node, over a channel opened for this payment.`,
  );
  screen.detail("channel", channel?.channelId ?? "");
  screen.detail("capacity", formatSat(channel?.capacitySat ?? (0n as never)));
  const message = await mpesa.message(buyer, lastMessageId, "Confirmed");
  screen.line("The handset received an SMS:");
  screen.detail("SMS", message.body);
  return BigInt(ended.amountMsat);
}

/** Step 3: pay the merchant. */
export async function payMerchant(
  tools: Tools,
  wallet: Wallet,
): Promise<Pick<MovedAmounts, "sentMsat" | "routingMsat">> {
  const { screen, system } = tools;
  screen.step("Send: pay the merchant, two hops away");
  const merchant = openMerchant(system.urls.merchant);
  const { invoice, paymentHash } = await merchant.invoice(900n, "Mangoes, three");
  screen.line("The merchant's node, a separate process, created an invoice.");
  screen.detail("invoice", invoice);
  const preview = valueOf(wallet.previewSend(invoice));
  screen.line(
    `Decoded: ${formatMsat(preview.amountMsat)} for “${preview.details.description ?? ""}”.`,
  );
  screen.detail("payee", preview.details.payee);
  screen.detail("payment hash", paymentHash);
  const payment = valueOf(await wallet.sendAndWait(invoice, preview, 60_000));
  if (payment.state !== "succeeded")
    throw new Error(`The payment to the merchant failed: ${payment.failure ?? payment.state}`);
  screen.line(`Paid. Routing fee: ${formatMsat(payment.feeMsat ?? preview.maxFeeMsat)}.`);
  const received = await merchant.received(paymentHash);
  screen.line(`State at the merchant: ${received.state}.`);
  return { sentMsat: payment.amountMsat, routingMsat: payment.feeMsat ?? 0n };
}

/** One sell of step 4. @returns the amount in millisatoshis that the wallet paid. */
async function sellOnce(tools: Tools, wallet: Wallet, refused: boolean): Promise<bigint> {
  const { screen, mpesa } = tools;
  const request = { kind: "sell", amountKesCents: String(sellCents), msisdn: recipient } as const;
  const quote = await quoteFor(tools, wallet, request);
  const lastMessageId = (await mpesa.messages(recipient))[0]?.id ?? 0;
  const before = (await wallet.balances()).channelsMsat;
  const order = valueOf(await wallet.sell(quote, recipient));
  screen.line(
    "Order created. The operator's hold invoice matches the quote, so the wallet pays it.",
  );
  screen.detail("order", order.id);
  screen.detail("payment hash", order.paymentHash ?? "");
  const ended = await follow(tools, wallet, order.id);
  assertState(ended, refused ? "cancelled" : "claimed");
  const payment = await wallet.settled(ended.paymentHash ?? "", "outbound", 60_000);
  const [payout] = (await mpesa.payouts()).filter((one) => one.recipient === recipient);
  screen.detail("OriginatorConversationID", payout?.originatorConversationId ?? "");
  screen.detail("ConversationID", payout?.conversationId ?? "");
  if (refused) {
    if (payment?.state !== "failed") throw new Error("The payment was not failed back");
    const now = (await wallet.balances()).channelsMsat;
    if (now !== before)
      throw new Error(
        `The balance was ${formatMsat(before)} before the sell and is ${formatMsat(now)} now`,
      );
    screen.line(`The whole amount was returned to the wallet automatically: ${formatMsat(now)}.`);
    return 0n;
  }
  screen.detail("M-Pesa receipt", ended.mpesaReceipt ?? "");
  const message = await mpesa.message(recipient, lastMessageId, "received");
  screen.line("The recipient's phone received an SMS:");
  screen.detail("SMS", message.body);
  return BigInt(ended.amountMsat);
}

/** Step 4: sell once with a successful payout and once with a refused one. */
export async function sellSats(tools: Tools, wallet: Wallet): Promise<bigint> {
  const { screen, mpesa } = tools;
  const person = await mpesa.customer(recipient);
  screen.step(`Sell ${formatFiat("KES", fiat("KES", sellCents))} to ${person.name}`);
  const sold = await sellOnce(tools, wallet, false);
  screen.line("A second sell, whose payout M-Pesa refuses:");
  await mpesa.fault({
    api: "b2c",
    kind: "result_code",
    parameters: { code: "2040" },
    msisdn: recipient,
    times: 1,
  });
  await sellOnce(tools, wallet, true);
  return sold;
}
