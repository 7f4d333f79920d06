import { z } from "zod";
import { faultApis, faultParametersSchema, isFaultKind } from "../faults/catalogue.ts";
import type { FaultKind } from "../faults/catalogue.ts";
import { customerStatuses } from "../mpesa/customers.ts";
import { languages } from "../shared/language.ts";
import { priceBehaviours } from "../rates/prices.ts";

const msisdn = z
  .string()
  .regex(/^254[17]\d{8}$/, { error: "must be 2547XXXXXXXX or 2541XXXXXXXX" });
const centsText = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,12})$/, { error: "must be cents as a string of digits" });
const name = z.string().trim().min(1).max(60);

export const faultBody = z.strictObject({
  api: z.enum(faultApis),
  kind: z
    .string()
    .refine((kind): kind is FaultKind => isFaultKind(kind), { error: "must be a kind of fault" }),
  parameters: faultParametersSchema.default({}),
  msisdn: msisdn.nullable().default(null),
  times: z.int().min(1).max(10_000).nullable().default(null),
});

export const customerBody = z.strictObject({
  msisdn,
  name,
  balanceCents: centsText.default("0"),
  language: z.enum(languages).default("en"),
  status: z.enum(customerStatuses).default("registered"),
});

export const customerChange = z.strictObject({
  pin: z
    .string()
    .regex(/^\d{4}$/)
    .optional(),
  status: z.enum(customerStatuses).optional(),
  reachable: z.boolean().optional(),
  language: z.enum(languages).optional(),
  pinLocked: z.boolean().optional(),
});

export const shortcodeChange = z.strictObject({
  active: z.boolean().optional(),
  paysOut: z.boolean().optional(),
  initiatorLocked: z.boolean().optional(),
});

export const depositBody = z.strictObject({ amountCents: centsText });

export const transferBody = z.strictObject({
  /** The account that receives it, `600222:utility`, or the bank. */
  to: z.string().regex(/^(?:bank|\d{5,7}:[a-z]+)$/),
  amountCents: centsText,
});

export const promptAnswerBody = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("pin"), pin: z.string().regex(/^\d{1,12}$/) }),
  z.strictObject({ type: z.literal("cancel") }),
]);

export const priceBody = z.strictObject({ behaviour: z.enum(priceBehaviours).nullable() });
