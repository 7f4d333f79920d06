import { normalizeMsisdn, routes } from "@satsconnect/contracts";
import { err, fiat, msat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Order } from "../../domain/order.ts";
import type { Orders } from "../../app/orders/use-cases.ts";
import { decodeCursor, toPage } from "../../app/paging.ts";
import { maxStreamsPerWallet } from "../event-streams.ts";
import type { EventStreams, OrderEventSource } from "../event-streams.ts";
import type { Mount } from "../mount.ts";
import { presentLimits, presentOrder, presentQuote } from "../present.ts";
import type { RateLimits } from "../../app/rate-limits.ts";

export type OrderRoutesOptions = {
  readonly orders: Orders;
  readonly events: OrderEventSource;
  readonly streams: EventStreams;
  readonly rateLimits: RateLimits;
};

export function mountOrderRoutes(
  mount: Mount,
  { orders, events, streams, rateLimits }: OrderRoutesOptions,
): void {
  mount.answer(routes.createQuote, async ({ principal, body }) => {
    const msisdn = body.kind === "sell" ? normalizeMsisdn(body.msisdn) : ok(null);
    if (!msisdn.ok) return msisdn;
    const quote = await orders.createQuote({
      walletId: principal.walletId,
      nodeId: principal.nodeId,
      deviceId: principal.deviceId,
      kind: body.kind,
      amountKesCents:
        body.amountKesCents === undefined ? null : fiat("KES", BigInt(body.amountKesCents)),
      amountMsat: body.amountMsat === undefined ? null : msat(BigInt(body.amountMsat)),
      msisdn: msisdn.value,
    });
    return quote.ok ? ok(presentQuote(quote.value)) : quote;
  });

  mount.answer(routes.getQuote, async ({ principal, params }) => {
    const quote = await orders.findQuote(principal.walletId, params.quoteId);
    return quote === null
      ? err("quote_not_found", `This wallet has no quote ${params.quoteId}.`, "never")
      : ok(presentQuote(quote));
  });

  mount.answer(routes.buy, async ({ principal, body, resourceId }) => {
    const msisdn = normalizeMsisdn(body.msisdn);
    if (!msisdn.ok) return msisdn;
    // Counted per wallet and number, so that nobody uses up another wallet's prompts to its own phone. `open_order` limits
    // prompts to numbers that are not proven.
    const prompt = await rateLimits.consume("prompt", `${principal.walletId}:${msisdn.value}`);
    if (!prompt.ok) return prompt;
    const order = await orders.openBuy({
      walletId: principal.walletId,
      nodeId: principal.nodeId,
      deviceId: principal.deviceId,
      orderId: resourceId,
      quoteId: body.quoteId,
      msisdn: msisdn.value,
      invoice: body.invoice.toLowerCase(),
    });
    return presentResult(order);
  });

  mount.answer(routes.sell, async ({ principal, body, resourceId }) => {
    const msisdn = normalizeMsisdn(body.msisdn);
    if (!msisdn.ok) return msisdn;
    const order = await orders.openSell({
      walletId: principal.walletId,
      nodeId: principal.nodeId,
      deviceId: principal.deviceId,
      orderId: resourceId,
      quoteId: body.quoteId,
      msisdn: msisdn.value,
    });
    return presentResult(order);
  });

  mount.answer(routes.getOrder, async ({ principal, params }) => {
    const order = await orders.find(principal.walletId, params.orderId);
    return order === null ? orderNotFound(params.orderId) : ok(presentOrder(order));
  });

  mount.answer(routes.listOrders, async ({ principal, query }) => {
    const before = query.cursor === undefined ? ok(null) : decodeCursor(query.cursor);
    if (!before.ok) return before;
    const found = await orders.list(principal.walletId, {
      kind: query.kind,
      state: query.state,
      before: before.value,
      limit: query.limit + 1,
    });
    const page = toPage(found, query.limit, (order) => order);
    return ok({ orders: page.entries.map(presentOrder), nextCursor: page.nextCursor });
  });

  mount.answer(routes.freshInvoice, async ({ principal, params, body }) =>
    presentResult(
      await orders.attachInvoice({
        walletId: principal.walletId,
        nodeId: principal.nodeId,
        deviceId: principal.deviceId,
        orderId: params.orderId,
        invoice: body.invoice.toLowerCase(),
      }),
    ),
  );

  mount.answer(routes.newPrice, async ({ principal, params }) =>
    presentResult(
      await orders.requestPrice({ walletId: principal.walletId, orderId: params.orderId }),
    ),
  );

  mount.answer(routes.limits, async ({ principal }) =>
    ok(
      presentLimits(
        await orders.limits({ walletId: principal.walletId, deviceId: principal.deviceId }),
      ),
    ),
  );

  mount.answer(routes.proveNumber, async ({ principal, body }) => {
    const msisdn = normalizeMsisdn(body.msisdn);
    if (!msisdn.ok) return msisdn;
    const { walletId } = principal;
    const attempt = await rateLimits.consume("proof", `${walletId}:${msisdn.value}`);
    if (!attempt.ok) return attempt;
    const proven = await orders.proveNumber({ walletId, msisdn: msisdn.value, code: body.code });
    return proven.ok ? ok(undefined) : proven;
  });

  mount.answer(routes.cancelOrder, async ({ principal, params }) =>
    presentResult(await orders.cancel({ walletId: principal.walletId, orderId: params.orderId })),
  );

  mount.stream(routes.orderEvents, async ({ principal, params }, request, response) => {
    if ((await orders.find(principal.walletId, params.orderId)) === null)
      return orderNotFound(params.orderId);
    const after = lastEventId(request.get("last-event-id"));
    if (!after.ok) return after;
    const stream = { ...principal, orderId: params.orderId, afterSequence: after.value ?? 0n };
    return streamResult(streams.serve(stream, request, response));
  });

  mount.stream(routes.events, async ({ principal }, request, response) => {
    const after = lastEventId(request.get("last-event-id"));
    if (!after.ok) return after;
    const afterSequence = after.value ?? (await events.latestSequence(principal.walletId));
    const stream = { ...principal, orderId: null, afterSequence };
    return streamResult(streams.serve(stream, request, response));
  });
}

function presentResult(order: Result<Order>) {
  return order.ok ? ok(presentOrder(order.value)) : order;
}

function orderNotFound(orderId: string) {
  return err("order_not_found", `This wallet has no order ${orderId}.`, "never");
}

function streamResult(served: ReturnType<EventStreams["serve"]>) {
  switch (served) {
    case "served":
      return ok(undefined);
    case "wallet_full":
      return err(
        "rate_limited",
        `This wallet already has ${maxStreamsPerWallet} event streams open. Close one and retry.`,
        "safe",
      );
    case "full":
      return err(
        "service_unavailable",
        "Too many event streams are open. Read the orders, and try again later.",
        "safe",
      );
  }
}

function lastEventId(header: string | undefined): Result<bigint | null, "invalid_request"> {
  if (header === undefined || header === "") return ok(null);
  return /^\d{1,18}$/.test(header)
    ? ok(BigInt(header))
    : err(
        "invalid_request",
        "Last-Event-ID must be the id of an event that this API sent.",
        "never",
      );
}
