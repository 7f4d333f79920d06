import { z } from "zod";
import {
  components,
  invoiceText,
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
    connected: z.boolean().describe("The wallet's node is connected to the operator's."),
    asOf: timestamp,
  })
  .register(components, {
    id: "WalletBalance",
    description:
      "The operator's view of the channels it shares with the wallet, from the wallet's side: spendable is what the wallet can send. The figures of the wallet's own node take precedence.",
  });
export type WalletBalance = z.infer<typeof walletBalance>;

export const walletSendRequest = z
  .strictObject({
    invoice: invoiceText,
    amountMsat: positiveMsatText
      .optional()
      .describe(
        "Required for an invoice without an amount; otherwise absent or equal to the invoice's.",
      ),
    feeLimitMsat: msatText
      .optional()
      .describe("Maximum routing fee; absent for the operator's default."),
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
    routeFound: z.boolean().describe("The operator's node knows a route now."),
    estimatedFeeMsat: msatText,
    feeLimitMsat: msatText.describe("Maximum routing fee that the wallet may pay."),
    estimatedCltvBlocks: z.number().int().min(0),
  })
  .register(components, {
    id: "WalletSend",
    description: "A checked payment for the wallet's own node to send. No money has moved.",
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
          "`handed_over`: checked and given to the wallet's node; only that node knows how it ended.",
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
  from: z.iso.datetime().optional().describe("Only entries created at or after this time."),
  to: z.iso.datetime().optional().describe("Only entries created before this time."),
});
export const transactionList = z
  .strictObject({ transactions: z.array(transaction), nextCursor })
  .register(components, { id: "TransactionList", description: "Newest first." });
