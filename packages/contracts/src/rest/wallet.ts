import { z } from "zod";
import {
  components,
  invoiceText,
  lineText,
  msatText,
  nextCursor,
  nodeIdText,
  pageQuery,
  paymentHashText,
  positiveMsatText,
  satText,
  timestamp,
  uuid,
} from "./primitives.ts";
import { order } from "./orders.ts";

export const walletBalance = z
  .strictObject({
    spendableMsat: msatText,
    receivableMsat: msatText,
    pendingInboundMsat: msatText,
    pendingOutboundMsat: msatText,
    onChainClaimableSat: satText,
    channelCount: z.number().int().min(0),
    connected: z.boolean().describe("Whether the wallet's node is connected to the operator's."),
    asOf: timestamp,
  })
  .register(components, {
    id: "WalletBalance",
    description:
      "The operator's view of the channels it shares with the wallet. The wallet's own node knows better.",
  });
export type WalletBalance = z.infer<typeof walletBalance>;

export const walletInvoiceRequest = z
  .strictObject({
    paymentHash: paymentHashText.describe("Of a preimage that only the wallet knows."),
    amountMsat: positiveMsatText,
    description: lineText(100).default(""),
    expirySeconds: z.number().int().min(60).max(86_400).default(3_600),
  })
  .register(components, {
    id: "WalletInvoiceRequest",
    examples: [
      {
        paymentHash: "0001020304050607080900010203040506070809000102030405060708090102",
        amountMsat: "250000",
        description: "Mangoes",
      },
    ],
  });
export const walletInvoice = z
  .strictObject({
    invoice: invoiceText,
    paymentHash: paymentHashText,
    amountMsat: msatText,
    expiresAt: timestamp,
  })
  .register(components, {
    id: "WalletInvoice",
    description:
      "An invoice of the operator's node for the wallet's payment hash. The payment is held; without the wallet it goes back to the payer.",
  });

export const walletSendRequest = z
  .strictObject({
    invoice: invoiceText,
    amountMsat: positiveMsatText.optional().describe("Only for an invoice without an amount."),
    feeLimitMsat: msatText.optional(),
  })
  .register(components, {
    id: "WalletSendRequest",
    examples: [
      { invoice: "lnbcrt92u1p5h8m5tpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypq" },
    ],
  });
export const walletSend = z
  .strictObject({
    id: uuid,
    invoice: invoiceText,
    paymentHash: paymentHashText,
    payeeNodeId: nodeIdText,
    amountMsat: msatText,
    description: z.string(),
    expiresAt: timestamp,
    routeFound: z.boolean().describe("Whether the operator's node knows a route now."),
    estimatedFeeMsat: msatText,
    feeLimitMsat: msatText,
    estimatedCltvBlocks: z.number().int().min(0),
  })
  .register(components, {
    id: "WalletSend",
    description: "A checked payment, to be sent by the wallet's own node. Nothing has moved yet.",
  });
export type WalletSend = z.infer<typeof walletSend>;

const lightningTransaction = {
  id: uuid,
  paymentHash: paymentHashText,
  amountMsat: msatText,
  description: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
} as const;

const transaction = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("order"), createdAt: timestamp, order }),
    z.strictObject({
      type: z.literal("send"),
      state: z
        .enum(["handed_over", "expired"])
        .describe(
          "`handed_over`: checked and given to the wallet's node, which alone knows how it ended.",
        ),
      payeeNodeId: nodeIdText,
      estimatedFeeMsat: msatText,
      ...lightningTransaction,
    }),
    z.strictObject({
      type: z.literal("receive"),
      state: z.enum(["open", "held", "claimed", "returned", "expired"]),
      invoice: invoiceText,
      ...lightningTransaction,
    }),
  ])
  .register(components, { id: "Transaction" });
export type Transaction = z.infer<typeof transaction>;

export const transactionListQuery = z.strictObject({
  ...pageQuery,
  type: z.enum(["order", "send", "receive"]).optional(),
  from: z.iso.datetime().optional().describe("Not before."),
  to: z.iso.datetime().optional().describe("Before."),
});
export const transactionList = z
  .strictObject({ transactions: z.array(transaction), nextCursor })
  .register(components, { id: "TransactionList", description: "Newest first." });
