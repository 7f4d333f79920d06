import { z } from "zod";
import {
  components,
  kesCentsText,
  maskedMsisdnText,
  msatText,
  msisdnText,
  rateText,
  timestamp,
  uuid,
} from "./primitives.ts";

const amounts = {
  amountKesCents: kesCentsText.optional(),
  amountMsat: msatText.optional(),
} as const;

function exactlyOneAmount(body: {
  amountKesCents?: string | undefined;
  amountMsat?: string | undefined;
}): boolean {
  return (body.amountKesCents === undefined) !== (body.amountMsat === undefined);
}
const oneAmountRule = {
  error: "Say exactly one of amountKesCents and amountMsat.",
  path: ["amountKesCents"],
};

const oneAmountOnly = [{ required: ["amountKesCents"] }, { required: ["amountMsat"] }];

const buyQuoteRequest = z
  .strictObject({ kind: z.literal("buy"), ...amounts })
  .refine(exactlyOneAmount, oneAmountRule)
  .register(components, {
    id: "BuyQuoteRequest",
    description:
      "Either the shillings that the holder pays in all (`amountKesCents`, whole shillings), or the bitcoin that shall arrive (`amountMsat`). Exactly one.",
    oneOf: oneAmountOnly,
    examples: [{ kind: "buy", amountKesCents: "100000" }],
  });

const sellQuoteRequest = z
  .strictObject({ kind: z.literal("sell"), ...amounts, msisdn: msisdnText })
  .refine(exactlyOneAmount, oneAmountRule)
  .register(components, {
    id: "SellQuoteRequest",
    description:
      "Either the shillings that the recipient gets (`amountKesCents`, whole shillings), or the bitcoin that the holder pays (`amountMsat`). Exactly one.",
    oneOf: oneAmountOnly,
    examples: [{ kind: "sell", amountKesCents: "30000", msisdn: "0712345678" }],
  });

export const quoteRequest = z
  .discriminatedUnion("kind", [buyQuoteRequest, sellQuoteRequest])
  .register(components, { id: "QuoteRequest" });
export type QuoteRequest = z.infer<typeof quoteRequest>;

export const orderKind = z.enum(["buy", "sell"]).register(components, {
  id: "OrderKind",
  description: "`buy`: M-Pesa to bitcoin. `sell`: bitcoin to M-Pesa.",
});
export type OrderKind = z.infer<typeof orderKind>;

export const feeLine = z
  .strictObject({
    code: z
      .enum(["spread", "mpesa", "channel_open", "routing"])
      .describe(
        "`spread`: the operator's margin on the price. `mpesa`: what M-Pesa charges the operator. `channel_open`: opening a first channel. `routing`: Lightning fees.",
      ),
    amountKesCents: kesCentsText,
    amountMsat: msatText,
  })
  .register(components, {
    id: "FeeLine",
    description: "One part of what the exchange costs, in both currencies at the quote's rate.",
    examples: [{ code: "spread", amountKesCents: "1500", amountMsat: "138317" }],
  });

export const quote = z
  .strictObject({
    id: uuid,
    kind: orderKind,
    amountKesCents: kesCentsText.describe(
      "What goes over M-Pesa: paid by the holder (buy) or to the recipient (sell).",
    ),
    amountMsat: msatText.describe(
      "What goes over Lightning: to the holder (buy) or from the holder (sell).",
    ),
    rateKesPerBtc: rateText.describe("The median of independent sources, before any fee."),
    fees: z.array(feeLine),
    customerMpesaFeeKesCents: kesCentsText.describe(
      "What M-Pesa itself charges the holder on top of a buy, outside this exchange; zero for a sell.",
    ),
    recipient: z
      .strictObject({ msisdn: maskedMsisdnText, name: z.string().nullable() })
      .nullable()
      .describe(
        "Of a sell: whom M-Pesa will pay, its name masked by M-Pesa, to be confirmed by the holder.",
      ),
    createdAt: timestamp,
    expiresAt: timestamp.describe("From then on no order can be opened from this quote."),
  })
  .register(components, {
    id: "Quote",
    description: "A promise with an end.",
    examples: [
      {
        id: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11",
        kind: "sell",
        amountKesCents: "30000",
        amountMsat: "2854213",
        rateKesPerBtc: "10844580.90",
        fees: [
          { code: "spread", amountKesCents: "450", amountMsat: "41496" },
          { code: "mpesa", amountKesCents: "500", amountMsat: "46106" },
        ],
        customerMpesaFeeKesCents: "0",
        recipient: { msisdn: "2547•••••678", name: "WANJIKU M•••••" },
        createdAt: "2026-11-23T09:15:00.000Z",
        expiresAt: "2026-11-23T09:17:00.000Z",
      },
    ],
  });
export type Quote = z.infer<typeof quote>;

export const quoteParams = z.strictObject({ quoteId: uuid });
