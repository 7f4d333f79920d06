import { z } from "zod";
import {
  components,
  invoiceText,
  kesCentsText,
  maskedMsisdnText,
  msatText,
  msisdnText,
  nextCursor,
  pageQuery,
  paymentHashText,
  rateText,
  timestamp,
  uuid,
} from "./primitives.ts";
import { feeLine, orderKind } from "./quotes.ts";

const exampleQuoteId = "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11";
const exampleInvoice = "lnbcrt92u1p5h8m5tpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypq";

export const buyRequest = z
  .strictObject({ quoteId: uuid, msisdn: msisdnText, invoice: invoiceText })
  .register(components, {
    id: "BuyRequest",
    description:
      "`msisdn` receives the M-Pesa prompt. `invoice` is an invoice of the wallet's own node for exactly the quote's `amountMsat`.",
    examples: [{ quoteId: exampleQuoteId, msisdn: "0712 345 678", invoice: exampleInvoice }],
  });
export const sellRequest = z
  .strictObject({ quoteId: uuid, msisdn: msisdnText })
  .register(components, {
    id: "SellRequest",
    description: "`msisdn` must be the recipient of the quote.",
    examples: [{ quoteId: exampleQuoteId, msisdn: "0712 345 678" }],
  });
export const freshInvoiceRequest = z
  .strictObject({ invoice: invoiceText })
  .register(components, { id: "FreshInvoiceRequest" });

export const orderStates = [
  "stk_requested",
  "stk_unknown",
  "kes_received",
  "paying",
  "invoice_needed",
  "paid",
  "refunding",
  "refunded",
  "invoice_open",
  "held",
  "payout_requested",
  "payout_unknown",
  "payout_confirmed",
  "returning",
  "protective_claim",
  "owed",
  "claimed",
  "cancelled",
  "expired",
  "case",
] as const;

const orderState = z.enum(orderStates).register(components, {
  id: "OrderState",
  description: "State of the order. docs/orders.md has the diagrams.",
});
export type OrderState = z.infer<typeof orderState>;

export const order = z
  .strictObject({
    id: uuid,
    kind: orderKind,
    state: orderState,
    final: z.boolean().describe("A final state never changes."),
    quoteId: uuid,
    amountKesCents: kesCentsText,
    amountMsat: msatText,
    rateKesPerBtc: rateText,
    fees: z.array(feeLine),
    msisdn: maskedMsisdnText,
    recipientName: z
      .string()
      .nullable()
      .describe("Recipient's name according to M-Pesa; sells only."),
    invoice: invoiceText
      .nullable()
      .describe("Buy: the wallet's invoice. Sell: the operator's invoice, for the wallet to pay."),
    paymentHash: paymentHashText.nullable(),
    invoiceExpiresAt: timestamp.nullable(),
    mpesaReceipt: z
      .string()
      .nullable()
      .describe("M-Pesa's receipt number; null until M-Pesa has issued one."),
    reason: z
      .string()
      .nullable()
      .describe(
        "Stable code of why the order ended or waits, for example `mpesa_1032`. docs/errors.md and docs/provider-codes.md list them.",
      ),
    actions: z
      .array(z.enum(["cancel", "fresh_invoice", "new_price"]))
      .describe(
        "Actions allowed now: `cancel` (POST …/cancel), `fresh_invoice` (POST …/invoice), `new_price` (POST …/price).",
      ),
    priceUntil: timestamp.describe(
      "A sell is paid by then, or not at all. Shillings of a buy that are confirmed later are exchanged at a new price.",
    ),
    offer: z
      .strictObject({
        amountMsat: msatText,
        rateKesPerBtc: rateText,
        fees: z.array(feeLine),
        expiresAt: timestamp,
        coversPromise: z
          .boolean()
          .describe("An invoice for the order's own `amountMsat` is accepted as well."),
      })
      .nullable()
      .describe("Buys only: the new price for the shillings that were paid."),
    createdAt: timestamp,
    updatedAt: timestamp,
    deadlineAt: timestamp
      .nullable()
      .describe("The state ends by itself at this time at the latest; null when final."),
  })
  .register(components, {
    id: "Order",
    description: "An exchange between M-Pesa and bitcoin.",
    examples: [
      {
        id: "019ab0d6-1f4e-7a30-8a53-6d1f0c2b9e77",
        kind: "sell",
        state: "payout_requested",
        final: false,
        quoteId: exampleQuoteId,
        amountKesCents: "30000",
        amountMsat: "2854213",
        rateKesPerBtc: "10844580.90",
        fees: [{ code: "spread", amountKesCents: "450", amountMsat: "41496" }],
        msisdn: "2547•••••678",
        recipientName: "WANJIKU M•••••",
        invoice: exampleInvoice,
        paymentHash: "0001020304050607080900010203040506070809000102030405060708090102",
        invoiceExpiresAt: "2026-11-23T09:17:00.000Z",
        mpesaReceipt: null,
        reason: null,
        actions: [],
        priceUntil: "2026-11-23T09:17:00.000Z",
        offer: null,
        createdAt: "2026-11-23T09:15:20.000Z",
        updatedAt: "2026-11-23T09:15:24.000Z",
        deadlineAt: "2026-11-24T07:15:24.000Z",
      },
    ],
  });
export type Order = z.infer<typeof order>;

export const orderParams = z.strictObject({ orderId: uuid });
export const orderListQuery = z.strictObject({
  ...pageQuery,
  kind: orderKind.optional(),
  state: orderState.optional(),
});
export const orderList = z
  .strictObject({ orders: z.array(order), nextCursor })
  .register(components, { id: "OrderList", description: "Newest first." });

export const orderEvent = z
  .strictObject({
    sequence: z
      .string()
      .regex(/^\d{1,19}$/)
      .describe(
        "Increases with every event of the wallet; also the `id` of the server-sent event.",
      ),
    orderId: uuid,
    kind: orderKind,
    state: orderState.describe("State of the order after the change."),
    reason: z.string().nullable(),
    at: timestamp,
  })
  .register(components, {
    id: "OrderEvent",
    description:
      "A change of an order's state or reason. Committed together with the change, before it is sent. Delivered at least once and in order to every stream of the wallet; after a reconnect the stream resumes after `Last-Event-ID`.",
    examples: [
      {
        sequence: "1042",
        orderId: "019ab0d6-1f4e-7a30-8a53-6d1f0c2b9e77",
        kind: "sell",
        state: "claimed",
        reason: null,
        at: "2026-11-23T09:15:31.000Z",
      },
    ],
  });
export type OrderEvent = z.infer<typeof orderEvent>;
