import fc from "fast-check";
import { fiat, msat, ok, rate } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { problems, routes } from "@satsconnect/contracts";
import type { ProblemCode, Route } from "@satsconnect/contracts";
import { buyStates, sellStates } from "../domain/order.ts";
import type { Order, Terms } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import type { OrderServices } from "./api.ts";

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const time = fc.integer({ min: 1_700_000_000_000, max: 4_000_000_000_000 });
const cents = fc.bigInt({ min: 0n, max: 50_000_000n }).map((value) => fiat("KES", value));
const millisatoshis = fc.bigInt({ min: 0n, max: 10n ** 13n }).map(msat);
const msisdn = fc.stringMatching(/^254[17]\d{8}$/);
const invoice = fc.stringMatching(/^lnbcrt[0-9a-z]{60}$/);

const terms: fc.Arbitrary<Terms> = fc.record({
  currency: fc.constant("KES" as const),
  amountKesCents: cents,
  amountMsat: millisatoshis,
  rate: fc.bigInt({ min: 1n, max: 10n ** 12n }).map((value) => rate("KES", value)),
  fees: fc.array(
    fc.record({
      code: fc.constantFrom("spread", "mpesa", "channel_open", "routing"),
      amountKesCents: cents,
      amountMsat: millisatoshis,
    }),
    { maxLength: 4 },
  ),
  recipientName: fc.option(fc.string()),
});

const payment = fc.record({ invoice, paymentHash: hex(64), invoiceExpiresAt: time });

const base = {
  id: fc.uuid(),
  walletId: fc.uuid(),
  nodeId: hex(64).map((tail) => `02${tail}`),
  quoteId: fc.uuid(),
  terms,
  msisdn,
  reason: fc.option(fc.constantFrom("stk_cancelled", "recipient_offline")),
  createdAt: time,
  updatedAt: time,
  deadlineAt: fc.option(time),
  mpesaReceipt: fc.option(fc.stringMatching(/^[A-Z0-9]{10}$/)),
};

/** Any order in any state, with every field that the contract shows. */
const anyOrder = fc.oneof(
  fc.record({
    ...base,
    kind: fc.constant("buy"),
    state: fc.constantFrom(...buyStates),
    lightning: payment,
  }),
  fc.record({
    ...base,
    kind: fc.constant("sell"),
    state: fc.constantFrom(...sellStates),
    held: fc.option(payment),
    payout: fc.record({ status: fc.constantFrom("intended", "accepted", "unknown", "failed") }),
  }),
) as unknown as fc.Arbitrary<Order>;

const anyQuote: fc.Arbitrary<Quote> = fc.record({
  id: fc.uuid(),
  walletId: fc.uuid(),
  kind: fc.constantFrom("buy", "sell"),
  terms,
  customerMpesaFeeKesCents: cents,
  msisdn: fc.option(msisdn),
  sources: fc.constant([]),
  createdAt: time,
  expiresAt: time,
  orderId: fc.constant(null),
});

/**
 * Orders that return arbitrary values of their types. Tests with them cover how the HTTP app presents every outcome,
 * not how orders behave. The same seed gives the same values.
 */
export function scriptedOrders(seed: number): OrderServices {
  let draws = 0;
  const draw = <Value>(arbitrary: fc.Arbitrary<Value>): Value => {
    draws += 1;
    const [value] = fc.sample(arbitrary, { seed: seed + draws, numRuns: 1 });
    if (value === undefined) throw new Error("fast-check returned no value");
    return value;
  };
  const outcome = <Value>(route: Route, value: fc.Arbitrary<Value>): Result<Value, never> =>
    draw(
      fc.oneof(
        { weight: 3, arbitrary: value.map((drawn) => ok(drawn)) },
        { weight: 1, arbitrary: fc.constantFrom(...route.problems).map(failure) },
      ),
    ) as Result<Value, never>;
  const orders: Orders = {
    createQuote: async () => outcome(routes.createQuote, anyQuote),
    findQuote: async () => draw(fc.option(anyQuote)),
    openBuy: async () => outcome(routes.buy, anyOrder),
    openSell: async () => outcome(routes.sell, anyOrder),
    attachInvoice: async () => outcome(routes.freshInvoice, anyOrder),
    cancel: async () => outcome(routes.cancelOrder, anyOrder),
    find: async () => draw(fc.option(anyOrder)),
    list: async (_walletId, { limit }) =>
      draw(fc.array(anyOrder, { maxLength: Math.min(limit, 5) })),
    wake: async () => {},
    receiveEvidence: async () => {},
    onPaymentEvent: async () => {},
    onBlock: async () => {},
    sweep: async () => 0,
    resolve: async () => outcome(routes.cancelOrder, anyOrder),
  };
  return {
    orders,
    rates: {
      current: async () => ({
        ok: false,
        error: { code: "rates_unavailable", message: "No price is available.", retry: "safe" },
      }),
    },
    events: { read: async () => [], latestSequence: async () => 0n },
  };
}

function failure(code: ProblemCode) {
  return {
    ok: false,
    error: { code, message: `The scripted outcome is ${code}.`, retry: problems[code].retry },
  } as const;
}
