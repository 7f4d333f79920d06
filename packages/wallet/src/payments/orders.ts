import type { ApiClient, Order, OrderEvent, Quote } from "@satsconnect/contracts";
import type { LightningNode } from "@satsconnect/lightning";
import { err, msat, ok, parseMsat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import { orderPolicy } from "../policy.ts";
import type { OrderIntent, OrderIntents } from "../storage/order-intents.ts";
import { receiveInvoice } from "./receive.ts";
import { checkSellInvoice } from "./sell-invoice-check.ts";

export type OrderDependencies = {
  readonly node: LightningNode;
  readonly api: ApiClient;
  readonly intents: OrderIntents;
  /** Node id of the operator. */
  readonly lsp: string;
  /** This device's clock. */
  readonly now: () => number;
  /** The operator's time, by which its invoices expire. */
  readonly operatorNow: () => number;
  readonly newId: () => string;
};

function amountOf(text: string): Msat {
  const amount = parseMsat(text);
  if (!amount.ok) throw new Error("The API returned a malformed amount");
  return amount.value;
}

/**
 * Opens a buy from a quote: stores the intent, makes an invoice for exactly the quoted amount, and asks the operator for
 * the STK push. If the process is killed at any point, `resumeOrders` continues with the same idempotency keys. After an
 * error with `retry: "unknown"` the STK push may have been sent, and the order stays resumable.
 */
export async function openBuy(
  dependencies: OrderDependencies,
  quote: Quote,
  msisdn: string,
): Promise<Result<Order>> {
  const intent = await openIntent(dependencies, quote, msisdn);
  const answer = await advanceBuy(dependencies, intent);
  // unknown: the STK push may have been sent, so the intent must stay resumable
  if (!answer.ok && answer.error.retry !== "unknown")
    await endFailed(dependencies, intent.id, answer.error.code);
  return answer;
}

/**
 * Opens a sell from a quote, checks the operator's invoice against it, and pays it; the operator holds the HTLC until
 * the payout is proven. An error means that nothing was paid and nothing will be paid later, except `payment_unclear`:
 * the node does not know whether it started to pay.
 */
export async function openSell(
  dependencies: OrderDependencies,
  quote: Quote,
  msisdn: string,
): Promise<Result<Order>> {
  const intent = await openIntent(dependencies, quote, msisdn);
  const answer = await advanceSell(dependencies, intent);
  if (answer.ok || answer.error.code === paymentUnclear) return answer;
  const { code, message, retry } = answer.error;
  await endFailed(dependencies, intent.id, code);
  return err(code, message, retry === "never" ? "never" : "safe");
}

/** The intent for a quote, stored. Confirming the same quote twice reuses the same intent and idempotency keys. */
async function openIntent(
  dependencies: OrderDependencies,
  quote: Quote,
  msisdn: string,
): Promise<OrderIntent> {
  const existing = (await dependencies.intents.all()).find(
    ({ kind, quoteId, msisdn: to }) => kind === quote.kind && quoteId === quote.id && to === msisdn,
  );
  if (existing !== undefined) {
    const reopened = { ...existing, ended: null };
    if (existing.ended !== null) await dependencies.intents.write(reopened);
    return reopened;
  }
  const { lateSellPaymentMs, maxQuoteAgeMs } = orderPolicy;
  const validForMs = Date.parse(quote.expiresAt) - Date.parse(quote.createdAt);
  const intent: OrderIntent = {
    id: dependencies.newId(),
    kind: quote.kind,
    quoteId: quote.id,
    msisdn,
    amountMsat: quote.amountMsat,
    amountKesCents: quote.amountKesCents,
    createdAt: dependencies.now(),
    invoice: null,
    invoiceNumber: 1,
    orderId: null,
    // measured on this device's clock only: its time may be wrong, but it runs at the right speed
    payBy:
      dependencies.now() +
      lateSellPaymentMs +
      (validForMs > 0 && validForMs < maxQuoteAgeMs ? validForMs : maxQuoteAgeMs),
    ended: null,
  };
  await dependencies.intents.write(intent);
  return intent;
}

/** Ends an intent whose failure was reported to the caller, so that `resumeOrders` does not continue it. */
async function endFailed(dependencies: OrderDependencies, id: string, code: string): Promise<void> {
  const intent = await dependencies.intents.read(id);
  if (intent?.ended === null) await end(dependencies, intent, code);
}

async function end(
  dependencies: OrderDependencies,
  intent: OrderIntent,
  outcome: string,
): Promise<void> {
  await dependencies.intents.write({ ...intent, ended: outcome });
}

async function advanceBuy(
  dependencies: OrderDependencies,
  started: OrderIntent,
): Promise<Result<Order>> {
  let intent = started;
  if (intent.invoice === null) {
    const made = await receiveInvoice(dependencies.node, dependencies.lsp, {
      amountMsat: amountOf(intent.amountMsat),
      description: "SatsConnect buy",
      expirySeconds: orderPolicy.buyInvoiceSeconds,
      idempotencyKey: `buy:${intent.id}:${String(intent.invoiceNumber)}`,
      paidByLsp: true,
    });
    if (!made.ok) {
      if (made.error.retry === "never") await end(dependencies, intent, made.error.code);
      return made;
    }
    intent = { ...intent, invoice: made.value.invoice };
    await dependencies.intents.write(intent);
  }
  if (intent.orderId !== null) return dependencies.api.orders.get(intent.orderId);
  if (intent.invoice === null) throw new Error("The buy has no invoice");
  const opened = await dependencies.api.orders.buy(
    { quoteId: intent.quoteId, msisdn: intent.msisdn, invoice: intent.invoice },
    { idempotencyKey: intent.id },
  );
  if (!opened.ok) {
    if (opened.error.retry === "never") await end(dependencies, intent, opened.error.code);
    return opened;
  }
  await dependencies.intents.write({ ...intent, orderId: opened.value.id });
  return opened;
}

async function advanceSell(
  dependencies: OrderDependencies,
  started: OrderIntent,
): Promise<Result<Order>> {
  let intent = started;
  const answer =
    intent.orderId === null
      ? await dependencies.api.orders.sell(
          { quoteId: intent.quoteId, msisdn: intent.msisdn },
          { idempotencyKey: intent.id },
        )
      : await dependencies.api.orders.get(intent.orderId);
  if (!answer.ok) {
    if (answer.error.retry === "never") await end(dependencies, intent, answer.error.code);
    return answer;
  }
  const order = answer.value;
  if (intent.orderId === null) {
    intent = { ...intent, orderId: order.id };
    await dependencies.intents.write(intent);
  }
  if (order.final) {
    await end(dependencies, intent, order.state);
    return ok(order);
  }
  // No invoice yet: the operator's node is busy. `followOrder` continues once the invoice is there.
  if (order.state !== "invoice_open" || order.invoice === null) return ok(order);
  if (await isPaying(dependencies, intent)) return ok(order);
  const checked = checkSellInvoice(
    {
      node: dependencies.node,
      lsp: dependencies.lsp,
      now: dependencies.now(),
      operatorNow: dependencies.operatorNow(),
    },
    intent,
    order,
    order.invoice,
  );
  if (!checked.ok) {
    await end(dependencies, intent, checked.error.code);
    return checked;
  }
  intent = { ...intent, invoice: checked.value };
  await dependencies.intents.write(intent);
  // The operator is the next hop, so there is no routing fee.
  const paid = await dependencies.node.pay({
    invoice: checked.value,
    maxFeeMsat: msat(0n),
    idempotencyKey: `sell:${intent.id}`,
  });
  if (!paid.ok && paid.error.code !== "already_paid") {
    if (paid.error.retry === "unknown") return err(paymentUnclear, paid.error.message, "unknown");
    if (paid.error.retry === "never") await end(dependencies, intent, paid.error.code);
    return paid;
  }
  return ok(order);
}

/**
 * Whether the checked invoice is being paid or was paid. If so, its expiry must not be reported as a failure.
 */
async function isPaying({ node }: OrderDependencies, { invoice }: OrderIntent): Promise<boolean> {
  const decoded = invoice === null ? undefined : node.decodeInvoice(invoice);
  if (decoded?.ok !== true) return false;
  const payment = await node.payment(decoded.value.paymentHash, "outbound");
  return payment !== undefined && payment.state !== "failed";
}

/** Error code: the node does not know whether it started to pay. */
const paymentUnclear = "payment_unclear";

/**
 * Follows an order from its first event until it is final, and takes the wallet's steps: it pays a sell's invoice once
 * the operator has made it, and gives the operator a fresh invoice on request. Yields every event in order, at least
 * once; events repeat when a connection is resumed.
 */
export async function* followOrder(
  dependencies: OrderDependencies,
  orderId: string,
  signal?: AbortSignal,
): AsyncGenerator<OrderEvent> {
  for await (const event of dependencies.api.orders.follow(
    orderId,
    signal === undefined ? {} : { signal },
  )) {
    yield event;
    const intent = await dependencies.intents.byOrder(orderId);
    const order = await dependencies.api.orders.get(orderId);
    if (!order.ok) continue;
    if (intent !== undefined && intent.ended === null) {
      if (order.value.state === "invoice_open") await advanceSell(dependencies, intent);
      await provideInvoice(dependencies, intent, order.value);
    }
    // Events may lag behind the order. Only an event with the final state is the last one.
    if (order.value.final && event.state === order.value.state) {
      if (intent !== undefined) await end(dependencies, intent, order.value.state);
      return;
    }
  }
}

/** Gives the operator the invoice it asks for: for a buy whose invoice expired, or for a sell whose sats it owes. */
function provideInvoice(
  dependencies: OrderDependencies,
  intent: OrderIntent,
  order: Order,
): Promise<void> {
  if (!order.actions.includes("fresh_invoice")) return Promise.resolve();
  return intent.kind === "buy"
    ? renewInvoice(dependencies, intent, order)
    : claimOwedSats(dependencies, intent, order);
}

/**
 * Gives the operator an invoice for sats it owes: it claimed a sell's HTLC before its deadline, and M-Pesa did not pay
 * out. The same invoice is offered until the operator accepts or refuses it. If the sats are still owed afterwards, the
 * next call offers a new one.
 */
async function claimOwedSats(
  dependencies: OrderDependencies,
  intent: OrderIntent,
  order: Order,
): Promise<void> {
  const key = `owed:${intent.id}:${String(intent.invoiceNumber)}`;
  const made = await receiveInvoice(dependencies.node, dependencies.lsp, {
    amountMsat: amountOf(intent.amountMsat),
    description: "SatsConnect sale, paid back",
    expirySeconds: orderPolicy.buyInvoiceSeconds,
    idempotencyKey: key,
    paidByLsp: true,
  });
  if (!made.ok && made.error.retry !== "never") return;
  const offered = made.ok
    ? await dependencies.api.orders.freshInvoice(order.id, made.value.invoice, {
        idempotencyKey: key,
      })
    : made;
  if (offered.ok || offered.error.retry === "never")
    await dependencies.intents.write({ ...intent, invoiceNumber: intent.invoiceNumber + 1 });
}

async function renewInvoice(
  dependencies: OrderDependencies,
  intent: OrderIntent,
  order: Order,
): Promise<void> {
  const invoiceNumber =
    intent.invoice === order.invoice ? intent.invoiceNumber + 1 : intent.invoiceNumber;
  const made = await receiveInvoice(dependencies.node, dependencies.lsp, {
    amountMsat: amountOf(intent.amountMsat),
    description: "SatsConnect buy",
    expirySeconds: orderPolicy.buyInvoiceSeconds,
    idempotencyKey: `buy:${intent.id}:${String(invoiceNumber)}`,
    paidByLsp: true,
  });
  if (!made.ok) return;
  const renewed = { ...intent, invoice: made.value.invoice, invoiceNumber };
  await dependencies.intents.write(renewed);
  await dependencies.api.orders.freshInvoice(order.id, made.value.invoice, {
    idempotencyKey: `${intent.id}:${String(invoiceNumber)}`,
  });
}

/**
 * Continues every interrupted order with the same idempotency keys. Resolves with one result per order; call it again
 * when the network is back for those that failed.
 */
export async function resumeOrders(
  dependencies: OrderDependencies,
): Promise<readonly Result<Order>[]> {
  const answers: Result<Order>[] = [];
  for (const intent of await dependencies.intents.all()) {
    if (intent.ended !== null) continue;
    const answer =
      intent.kind === "buy"
        ? await advanceBuy(dependencies, intent)
        : await advanceSell(dependencies, intent);
    answers.push(answer);
    if (!answer.ok) continue;
    const current = (await dependencies.intents.read(intent.id)) ?? intent;
    if (answer.value.final) await end(dependencies, current, answer.value.state);
    else await provideInvoice(dependencies, current, answer.value);
  }
  return answers;
}
