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
  error: "Set exactly one of amountKesCents and amountMsat.",
  path: ["amountKesCents"],
};

const oneAmountOnly = [{ required: ["amountKesCents"] }, { required: ["amountMsat"] }];

const buyQuoteRequest = z
  .strictObject({ kind: z.literal("buy"), ...amounts })
  .refine(exactlyOneAmount, oneAmountRule)
  .register(components, {
    id: "BuyQuoteRequest",
    description:
      "Set exactly one: `amountKesCents`, the total that the customer pays (whole shillings), or `amountMsat`, the amount that arrives in the wallet.",
    oneOf: oneAmountOnly,
    examples: [{ kind: "buy", amountKesCents: "100000" }],
  });

const sellQuoteRequest = z
  .strictObject({ kind: z.literal("sell"), ...amounts, msisdn: msisdnText })
  .refine(exactlyOneAmount, oneAmountRule)
  .register(components, {
    id: "SellQuoteRequest",
    description:
      "Set exactly one: `amountKesCents`, the amount that the recipient gets (whole shillings), or `amountMsat`, the total that the wallet pays.",
    oneOf: oneAmountOnly,
    examples: [{ kind: "sell", amountKesCents: "30000", msisdn: "0712345678" }],
  });

export const quoteRequest = z
  .discriminatedUnion("kind", [buyQuoteRequest, sellQuoteRequest])
  .register(components, { id: "QuoteRequest" });
export type QuoteRequest = z.infer<typeof quoteRequest>;

export const orderKind = z.enum(["buy", "sell"]).register(components, {
  id: "OrderKind",
  description: "`buy`: from M-Pesa to bitcoin. `sell`: from bitcoin to M-Pesa.",
});
export type OrderKind = z.infer<typeof orderKind>;

export const feeLine = z
  .strictObject({
    code: z
      .enum(["spread", "mpesa", "channel_open", "routing"])
      .describe(
        "`spread`: the operator's margin on the price. `mpesa`: M-Pesa's charge to the operator. `channel_open`: opening the wallet's first channel. `routing`: Lightning routing fees.",
      ),
    amountKesCents: kesCentsText,
    amountMsat: msatText,
  })
  .register(components, {
    id: "FeeLine",
    description: "One fee of the exchange, in both currencies at the quote's rate.",
    examples: [{ code: "spread", amountKesCents: "1500", amountMsat: "138317" }],
  });

export const quote = z
  .strictObject({
    id: uuid,
    kind: orderKind,
    amountKesCents: kesCentsText.describe(
      "Amount moved over M-Pesa: paid by the customer (buy) or to the recipient (sell).",
    ),
    amountMsat: msatText.describe(
      "Amount moved over Lightning: to the wallet (buy) or from it (sell).",
    ),
    rateKesPerBtc: rateText.describe("Median of independent price feeds, before fees."),
    fees: z.array(feeLine),
    customerMpesaFeeKesCents: kesCentsText.describe(
      "M-Pesa's own charge to the customer on top of a buy, not part of the exchange; zero for a sell.",
    ),
    recipient: z
      .strictObject({ msisdn: maskedMsisdnText, name: z.string().nullable() })
      .nullable()
      .describe(
        "Recipient of a sell, for the customer to confirm; null for a buy. `name` is masked by M-Pesa, and null if M-Pesa does not tell it.",
      ),
    createdAt: timestamp,
    expiresAt: timestamp.describe("No order can be opened from the quote from this time on."),
  })
  .register(components, {
    id: "Quote",
    description: "A binding price that can be used once, until it expires.",
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
