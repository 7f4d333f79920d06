import { z } from "zod";
import {
  components,
  kesCentsText,
  lineText,
  msatText,
  nextCursor,
  pageQuery,
  paymentHashText,
  rateText,
  timestamp,
  uuid,
} from "../rest/primitives.ts";
import { orderStates } from "../rest/orders.ts";
import { feeLine, orderKind } from "../rest/quotes.ts";
import { possibleAct, recordedAct } from "./acts.ts";
import { journal } from "./ledger.ts";

const orderState = z.enum(orderStates);

export const searchKeys = [
  "receipt",
  "phone",
  "name",
  "payment_hash",
  "checkout_request_id",
  "conversation_id",
  "wallet",
  "order",
] as const;

export const orderSearch = z
  .strictObject({
    text: z
      .string()
      .trim()
      .max(4_100)
      .pipe(lineText(4_100))
      .optional()
      .describe(
        "An M-Pesa receipt, phone number, name, payment hash, invoice, CheckoutRequestID, OriginatorConversationID, ConversationID, node id, wallet id or order id. What it is, is recognised.",
      ),
    key: z.enum(searchKeys).optional().describe("Searches `text` as this only."),
    amountKesCents: kesCentsText.optional().describe("Exact amount on the M-Pesa side."),
    from: timestamp.optional().describe("Opened at this time or later."),
    to: timestamp.optional().describe("Opened before this time."),
    kind: orderKind.optional(),
    limit: z.number().int().min(1).max(100).default(20),
    cursor: pageQuery.cursor,
  })
  .refine(({ text = "", from, to }) => text !== "" || (from !== undefined && to !== undefined), {
    error: "Give a text to search for, or both `from` and `to`.",
    path: ["text"],
  })
  .register(components, {
    id: "OrderSearch",
    description:
      "Everything given must match. “I paid and have nothing”: `amountKesCents` with `from` and `to`. A name matches from its beginning, word by word.",
    examples: [{ text: "SFR5X7K2QP" }],
  });

const foundOrder = z
  .strictObject({
    id: uuid,
    kind: orderKind,
    state: orderState,
    final: z.boolean(),
    reason: z.string().nullable(),
    amountKesCents: kesCentsText,
    amountMsat: msatText,
    msisdn: z.string().describe("12 digits: the payer of a buy, the recipient of a sell."),
    recipientName: z.string().nullable(),
    mpesaReceipt: z.string().nullable(),
    walletId: uuid,
    openCases: z.number().int(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .register(components, { id: "FoundOrder" });
export type FoundOrder = z.infer<typeof foundOrder>;

export const foundOrders = z
  .strictObject({
    searchedAs: z.array(z.enum(searchKeys)).describe("How `text` was understood."),
    orders: z.array(foundOrder).describe("Newest first."),
    nextCursor,
  })
  .register(components, { id: "FoundOrders" });

const orderCase = z
  .strictObject({
    id: uuid,
    orderId: uuid,
    code: z.string(),
    meaning: z.string().describe("What the code means, one sentence."),
    detail: z.string(),
    severity: z.enum(["info", "warn", "error", "critical"]),
    openedAt: timestamp,
    resolvedAt: timestamp.nullable(),
    ageSeconds: z.number().int().describe("Since it was opened, until now or until resolved."),
  })
  .register(components, { id: "OrderCase", description: "Something a person has to look at." });
export type OrderCase = z.infer<typeof orderCase>;

export const caseListQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(["open", "all"]).default("open"),
});

export const caseList = z
  .strictObject({
    open: z.number().int().describe("How many cases are open."),
    oldestOpenedAt: timestamp.nullable(),
    cases: z
      .array(z.strictObject({ case: orderCase, order: foundOrder }))
      .describe("Oldest first."),
    nextCursor,
  })
  .register(components, { id: "CaseList" });

const evidence = z
  .strictObject({
    number: z.number().int(),
    kind: z.string(),
    receivedAt: timestamp,
    fromAddress: z.string(),
    raw: z.string().describe("As it arrived."),
    parsed: z.record(z.string(), z.unknown()).describe("What the api read in it; not proof."),
    seen: z.boolean().describe("Whether the order has taken it in."),
  })
  .register(components, { id: "Evidence" });

const htlc = z
  .strictObject({
    direction: z.enum(["inbound", "outbound"]),
    paymentHash: paymentHashText,
    invoice: z.string(),
    invoiceExpiresAt: timestamp,
    amountMsat: msatText,
    receivedMsat: msatText.nullable().describe("Inbound: what is held; null before."),
    claimDeadlineHeight: z
      .number()
      .int()
      .nullable()
      .describe("Inbound: the node fails the payment back by itself at this height."),
    tipHeight: z.number().int().nullable().describe("Height of the chain at the last report."),
    blocksLeft: z.number().int().nullable(),
    deadlineAt: timestamp.nullable().describe("Estimated, at ten minutes a block."),
    lastReportAt: timestamp.nullable(),
    node: z
      .strictObject({ state: z.string(), failure: z.string().nullable(), feeMsat: msatText })
      .nullable()
      .describe("What the engine says now; null if it cannot be asked or knows nothing."),
    earlierHashes: z.array(paymentHashText),
  })
  .register(components, { id: "Htlc" });

const prompt = z
  .strictObject({
    status: z.string(),
    accountReference: z.string(),
    checkoutRequestId: z.string().nullable(),
    sends: z.number().int(),
    queries: z.number().int(),
    lastAnswer: z.string().nullable(),
    callback: z.record(z.string(), z.unknown()).nullable().describe("Unsigned, so never proof."),
    lateUntil: timestamp,
    credit: z.enum(["none", "undelivered", "suspense"]).describe("Where the money is booked."),
    collectedIn: z.string(),
  })
  .register(components, { id: "Prompt" });

const payout = z
  .strictObject({
    status: z.string(),
    amountKesCents: kesCentsText,
    msisdn: z.string(),
    originatorConversationId: z.string(),
    conversationIds: z.array(z.string()),
    sends: z.number().int(),
    perhapsSent: z.boolean(),
    statusQueries: z.number().int(),
    receipt: z.string().nullable(),
    failureCode: z.string().nullable(),
  })
  .register(components, { id: "Payout" });

const moment = z
  .strictObject({
    at: timestamp,
    kind: z.enum(["opened", "event", "evidence", "journal", "case", "case_resolved", "act"]),
    title: z.string().describe("A state, an evidence kind, a posting, a case's code or an act."),
    detail: z.string().nullable(),
  })
  .register(components, { id: "Moment" });

export const orderPage = z
  .strictObject({
    order: foundOrder,
    version: z.number().int().describe("Acts name it; it rises with every change."),
    nodeId: z.string(),
    quoteId: uuid,
    rateKesPerBtc: rateText,
    fees: z.array(feeLine),
    payoutFeeKesCents: kesCentsText,
    deadlineAt: timestamp.nullable(),
    wakeAt: timestamp.nullable(),
    payBy: timestamp.nullable().describe("Sell: a payment after this time is failed back."),
    prompt: prompt.nullable(),
    htlc: htlc.nullable(),
    payout,
    keys: z.array(z.strictObject({ kind: z.string(), value: z.string() })),
    evidence: z.array(evidence),
    journals: z.array(journal),
    cases: z.array(orderCase),
    acts: z.array(possibleAct).describe("What may be done now."),
    actsSoFar: z.array(recordedAct),
    timeline: z.array(moment).describe("Oldest first."),
    stored: z.record(z.string(), z.unknown()).describe("The stored order, every field."),
  })
  .register(components, { id: "OrderPage", description: "Everything that is known of an order." });
export type OrderPage = z.infer<typeof orderPage>;
