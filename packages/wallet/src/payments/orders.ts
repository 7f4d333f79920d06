import type { ApiClient, Order, OrderEvent, Quote } from "@satsconnect/contracts";
import type { LightningNode } from "@satsconnect/lightning";
import { err, msat, ok, parseMsat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { Journal, JournalEntry } from "../storage/order-intents.ts";
import { receiveInvoice } from "./receive.ts";

/** What the flows of orders work with. */
export type OrderTools = {
  readonly node: LightningNode;
  readonly api: ApiClient;
  readonly journal: Journal;
  readonly lsp: string;
  readonly now: () => number;
  readonly newId: () => string;
};

/** A buy's invoice lives longer than any prompt and its confirmation, and shorter than a price is worth keeping. */
const buyInvoiceSeconds = 3_600;
/** For answers that are slow: a price is paid that much later than it holds, and never after. */
const latePayMs = 5 * 60_000;
const longestQuoteMs = 10 * 60_000;

function amountOf(text: string): Msat {
  const amount = parseMsat(text);
  if (!amount.ok) throw new Error("The API gave no amount");
  return amount.value;
}

/**
 * Opens a buy from a quote: writes down the intent, makes an invoice for exactly what the quote promises, and asks for
 * the M-Pesa prompt. Killed anywhere, `resumeOrders` goes on with the same keys.
 */
export async function openBuy(
  tools: OrderTools,
  quote: Quote,
  msisdn: string,
): Promise<Result<Order>> {
  const entry = await begin(tools, quote, msisdn);
  const answer = await driveBuy(tools, entry);
  // the prompt may be on its way only where nobody knows
  if (!answer.ok && answer.error.retry !== "unknown")
    await withdraw(tools, entry.id, answer.error.code);
  return answer;
}

/**
 * Opens a sell from a quote, checks the operator's invoice against it, and pays it: the operator holds the payment. Who
 * is told that it failed is told for certain: nothing was paid, and nothing of it is paid later by itself.
 */
export async function openSell(
  tools: OrderTools,
  quote: Quote,
  msisdn: string,
): Promise<Result<Order>> {
  const entry = await begin(tools, quote, msisdn);
  const answer = await driveSell(tools, entry);
  if (answer.ok || answer.error.code === payUnclear) return answer;
  const { code, message, retry } = answer.error;
  await withdraw(tools, entry.id, code);
  return err(code, message, retry === "never" ? "never" : "safe");
}

/** A second agreement to the same price is the same intent, with the same keys. */
async function begin(tools: OrderTools, quote: Quote, msisdn: string): Promise<JournalEntry> {
  const known = (await tools.journal.all()).find(
    ({ kind, quoteId, msisdn: to }) => kind === quote.kind && quoteId === quote.id && to === msisdn,
  );
  if (known !== undefined) {
    const again = { ...known, ended: null };
    if (known.ended !== null) await tools.journal.write(again);
    return again;
  }
  const holdsMs = Date.parse(quote.expiresAt) - Date.parse(quote.createdAt);
  const entry: JournalEntry = {
    id: tools.newId(),
    kind: quote.kind,
    quoteId: quote.id,
    msisdn,
    amountMsat: quote.amountMsat,
    amountKesCents: quote.amountKesCents,
    createdAt: tools.now(),
    invoice: null,
    invoiceNumber: 1,
    orderId: null,
    // by this phone's clock alone: it may be wrong, but it goes at the right pace
    payBy:
      tools.now() +
      latePayMs +
      (holdsMs > 0 && holdsMs < longestQuoteMs ? holdsMs : longestQuoteMs),
    ended: null,
  };
  await tools.journal.write(entry);
  return entry;
}

/** What was told as failed does not go on by itself. */
async function withdraw(tools: OrderTools, id: string, code: string): Promise<void> {
  const entry = await tools.journal.read(id);
  if (entry?.ended === null) await end(tools, entry, code);
}

async function end(tools: OrderTools, entry: JournalEntry, how: string): Promise<void> {
  await tools.journal.write({ ...entry, ended: how });
}

async function driveBuy(tools: OrderTools, started: JournalEntry): Promise<Result<Order>> {
  let entry = started;
  if (entry.invoice === null) {
    const made = await receiveInvoice(tools.node, tools.lsp, {
      amountMsat: amountOf(entry.amountMsat),
      description: "SatsConnect buy",
      expirySeconds: buyInvoiceSeconds,
      idempotencyKey: `buy:${entry.id}:${String(entry.invoiceNumber)}`,
      paidByPartner: true,
    });
    if (!made.ok) {
      if (made.error.retry === "never") await end(tools, entry, made.error.code);
      return made;
    }
    entry = { ...entry, invoice: made.value.invoice };
    await tools.journal.write(entry);
  }
  if (entry.orderId !== null) return tools.api.orders.get(entry.orderId);
  if (entry.invoice === null) throw new Error("A buy without its invoice");
  const opened = await tools.api.orders.buy(
    { quoteId: entry.quoteId, msisdn: entry.msisdn, invoice: entry.invoice },
    { idempotencyKey: entry.id },
  );
  if (!opened.ok) {
    if (opened.error.retry === "never") await end(tools, entry, opened.error.code);
    return opened;
  }
  await tools.journal.write({ ...entry, orderId: opened.value.id });
  return opened;
}

async function driveSell(tools: OrderTools, started: JournalEntry): Promise<Result<Order>> {
  let entry = started;
  const answer =
    entry.orderId === null
      ? await tools.api.orders.sell(
          { quoteId: entry.quoteId, msisdn: entry.msisdn },
          { idempotencyKey: entry.id },
        )
      : await tools.api.orders.get(entry.orderId);
  if (!answer.ok) {
    if (answer.error.retry === "never") await end(tools, entry, answer.error.code);
    return answer;
  }
  const order = answer.value;
  if (entry.orderId === null) {
    entry = { ...entry, orderId: order.id };
    await tools.journal.write(entry);
  }
  if (order.final) {
    await end(tools, entry, order.state);
    return ok(order);
  }
  // Without an invoice yet the operator's node is busy: following the order goes on when it is there.
  if (order.state !== "invoice_open" || order.invoice === null) return ok(order);
  if (await isPaying(tools, entry)) return ok(order);
  const checked = checkSellOrder(tools, entry, order, order.invoice);
  if (!checked.ok) {
    await end(tools, entry, checked.error.code);
    return checked;
  }
  entry = { ...entry, invoice: checked.value };
  await tools.journal.write(entry);
  // The operator is the next hop: there is nobody on the way to pay.
  const paid = await tools.node.pay({
    invoice: checked.value,
    maxFeeMsat: msat(0n),
    idempotencyKey: `sell:${entry.id}`,
  });
  if (!paid.ok && paid.error.code !== "already_paid") {
    if (paid.error.retry === "unknown") return err(payUnclear, paid.error.message, "unknown");
    if (paid.error.retry === "never") await end(tools, entry, paid.error.code);
    return paid;
  }
  return ok(order);
}

/** Whether the invoice that was checked is being paid, or was: its end is no reason any more to say that it is not. */
async function isPaying({ node }: OrderTools, { invoice }: JournalEntry): Promise<boolean> {
  const decoded = invoice === null ? undefined : node.decodeInvoice(invoice);
  if (decoded?.ok !== true) return false;
  const payment = await node.payment(decoded.value.paymentHash, "outbound");
  return payment !== undefined && payment.state !== "failed";
}

/** The node does not know whether it began to pay. */
const payUnclear = "payment_unclear";

/**
 * The operator's order must be what was agreed to, and its invoice the operator's own, for exactly what the quote said,
 * on our network, and not over. An old price is not paid: who could wait would pay out only where it had become cheap.
 */
function checkSellOrder(
  tools: OrderTools,
  entry: JournalEntry,
  order: Order,
  invoice: string,
): Result<string, "sell_invoice_wrong" | "invoice_expired" | "quote_expired"> {
  const wrong = (what: string) =>
    err(
      "sell_invoice_wrong" as const,
      `The operator's invoice ${what}. Nothing was paid; report this to the operator.`,
      "never",
    );
  if (order.kind !== "sell" || order.quoteId !== entry.quoteId)
    return wrong("belongs to another exchange");
  if (order.amountKesCents !== entry.amountKesCents)
    return wrong("comes with other shillings than the quote");
  const decoded = tools.node.decodeInvoice(invoice);
  if (!decoded.ok) return wrong("cannot be read");
  const details = decoded.value;
  if (details.network !== tools.node.network) return wrong("is for another network");
  if (details.payee !== tools.lsp) return wrong("is not from the operator's node");
  if (details.amountMsat === null || details.amountMsat.toString() !== entry.amountMsat) {
    return wrong("asks for another amount than the quote");
  }
  if (details.expiresAt <= tools.now()) {
    return err(
      "invoice_expired",
      "The price has ended before it was paid. Get a new one.",
      "never",
    );
  }
  if (entry.payBy !== null && tools.now() > entry.payBy) {
    return err("quote_expired", "The price ended before it was paid. Get a new one.", "never");
  }
  return ok(invoice);
}

/**
 * Follows an order from its first event until it is final, doing what the wallet has to do on the way (a fresh
 * invoice when the first one ended). Yields every event, at least once, in order.
 */
export async function* followOrder(
  tools: OrderTools,
  orderId: string,
  signal?: AbortSignal,
): AsyncGenerator<OrderEvent> {
  for await (const event of tools.api.orders.follow(
    orderId,
    signal === undefined ? {} : { signal },
  )) {
    yield event;
    const entry = await tools.journal.byOrder(orderId);
    const order = await tools.api.orders.get(orderId);
    if (!order.ok) continue;
    if (entry !== undefined && entry.ended === null) {
      if (order.value.state === "invoice_open") await driveSell(tools, entry);
      await giveInvoice(tools, entry, order.value);
    }
    // The event is one of the order's past: only when it tells of the state of now can it be the last one.
    if (order.value.final && event.state === order.value.state) {
      if (entry !== undefined) await end(tools, entry, order.value.state);
      return;
    }
  }
}

/** What the operator waits for: an invoice for a buy whose own has ended, or for the sats of a sell that it owes. */
function giveInvoice(tools: OrderTools, entry: JournalEntry, order: Order): Promise<void> {
  if (!order.actions.includes("fresh_invoice")) return Promise.resolve();
  return entry.kind === "buy" ? renewInvoice(tools, entry, order) : askForOwed(tools, entry, order);
}

/**
 * The operator took the sats of a sell in before its hold ended, and M-Pesa did not pay: they go back over an invoice of
 * ours. One invoice until the operator has it or refuses it; then, should the sats still be owed, another one.
 */
async function askForOwed(tools: OrderTools, entry: JournalEntry, order: Order): Promise<void> {
  const key = `owed:${entry.id}:${String(entry.invoiceNumber)}`;
  const made = await receiveInvoice(tools.node, tools.lsp, {
    amountMsat: amountOf(entry.amountMsat),
    description: "SatsConnect sale, paid back",
    expirySeconds: buyInvoiceSeconds,
    idempotencyKey: key,
    paidByPartner: true,
  });
  if (!made.ok && made.error.retry !== "never") return;
  const given = made.ok
    ? await tools.api.orders.freshInvoice(order.id, made.value.invoice, { idempotencyKey: key })
    : made;
  if (given.ok || given.error.retry === "never")
    await tools.journal.write({ ...entry, invoiceNumber: entry.invoiceNumber + 1 });
}

async function renewInvoice(tools: OrderTools, entry: JournalEntry, order: Order): Promise<void> {
  const number = entry.invoice === order.invoice ? entry.invoiceNumber + 1 : entry.invoiceNumber;
  const made = await receiveInvoice(tools.node, tools.lsp, {
    amountMsat: amountOf(entry.amountMsat),
    description: "SatsConnect buy",
    expirySeconds: buyInvoiceSeconds,
    idempotencyKey: `buy:${entry.id}:${String(number)}`,
    paidByPartner: true,
  });
  if (!made.ok) return;
  const renewed = { ...entry, invoice: made.value.invoice, invoiceNumber: number };
  await tools.journal.write(renewed);
  await tools.api.orders.freshInvoice(order.id, made.value.invoice, {
    idempotencyKey: `${entry.id}:${String(number)}`,
  });
}

/**
 * Goes on with every order that a kill interrupted, with the same keys as before. Resolves with what could be reached;
 * call it again after the network is back.
 */
export async function resumeOrders(tools: OrderTools): Promise<readonly Result<Order>[]> {
  const answers: Result<Order>[] = [];
  for (const entry of await tools.journal.all()) {
    if (entry.ended !== null) continue;
    const answer =
      entry.kind === "buy" ? await driveBuy(tools, entry) : await driveSell(tools, entry);
    answers.push(answer);
    if (!answer.ok) continue;
    const current = (await tools.journal.read(entry.id)) ?? entry;
    if (answer.value.final) await end(tools, current, answer.value.state);
    else await giveInvoice(tools, current, answer.value);
  }
  return answers;
}
