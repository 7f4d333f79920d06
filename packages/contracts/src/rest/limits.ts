import { z } from "zod";
import { components, kesCentsText, msisdnText } from "./primitives.ts";
import { problemCodes } from "./problems.ts";

const limit = z
  .strictObject({
    code: z.enum(problemCodes).describe("The problem of an order that exceeds the limit."),
    tier: z.string().describe("The tier that sets the limit."),
    reason: z.string().describe("Why the tier is as it is."),
    maximumKesCents: kesCentsText.nullable().describe("Null if the limit counts orders."),
    usedKesCents: kesCentsText.nullable(),
    maximumOrders: z.number().int().nullable().describe("Null if the limit is an amount."),
    usedOrders: z.number().int().nullable(),
  })
  .register(components, {
    id: "TradeLimit",
    description: "One limit of the wallet's next order, and how much of it is used.",
  });

export const walletLimits = z
  .strictObject({ buy: z.array(limit), sell: z.array(limit) })
  .register(components, {
    id: "WalletLimits",
    description: "All of them apply. Limits of a phone number are added when an order names it.",
  });
export type WalletLimits = z.infer<typeof walletLimits>;

export const numberProof = z
  .strictObject({
    msisdn: msisdnText,
    code: z
      .string()
      .trim()
      .regex(/^[0-9A-Za-z]{4}$/, { error: "The code has 4 letters and digits." }),
  })
  .register(components, {
    id: "NumberProof",
    examples: [{ msisdn: "0712 345 678", code: "7K2M" }],
  });
