import { z } from "zod";

/** The gateway's answer instead of the API's. */
const refusalSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("error"),
    status: z.int(),
    code: z.string(),
    message: z.string(),
  }),
  /** Apigee's own fault body, which some gateways pass on (community). */
  z.strictObject({
    type: z.literal("apigee"),
    status: z.int(),
    code: z.string(),
    message: z.string(),
  }),
  z.strictObject({ type: z.literal("html"), status: z.int() }),
  z.strictObject({ type: z.literal("reset") }),
  /** Sends nothing and closes the connection after this time. */
  z.strictObject({ type: z.literal("silence"), forMs: z.int().min(0) }),
]);
export type Refusal = z.infer<typeof refusalSchema>;

const outcomeSchema = z.discriminatedUnion("type", [
  /** The person at the handset decides about a push; a payout succeeds or fails by M-Pesa's rules. */
  z.strictObject({ type: z.literal("real") }),
  /** The customer enters the right PIN automatically. */
  z.strictObject({ type: z.literal("approve") }),
  z.strictObject({ type: z.literal("cancel") }),
  /** The prompt never reaches the phone and ends as unanswered (1037). */
  z.strictObject({ type: z.literal("unreachable"), lateSuccessAfterMs: z.int().min(0).nullable() }),
  z.strictObject({
    type: z.literal("result"),
    code: z.string().regex(/^(?!0$)[A-Za-z0-9_]{1,20}$/),
  }),
  /** The request is acknowledged but never processed. */
  z.strictObject({ type: z.literal("never") }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

const alterations = ["amount", "masked_phone", "amount_as_text", "reordered"] as const;

const deliverySchema = z.strictObject({
  copies: z.int().min(0).max(20),
  extraDelayMs: z.int().min(0),
  beforeAcknowledgement: z.boolean(),
  /** A forged callback that claims success is sent first, with an invented receipt. */
  forgedFirst: z.boolean(),
  alteration: z.enum(alterations).nullable(),
  /** The queue timeout URL is called before the result. */
  queueTimeoutFirst: z.boolean(),
});
export type DeliveryPlan = z.infer<typeof deliverySchema>;

/** How a request proceeds from its acknowledgement to its last callback. Stored with the request. */
export const planSchema = z.strictObject({
  outcome: outcomeSchema,
  delivery: deliverySchema,
  /** The kinds of the faults that the plan results from, for the control page. */
  faults: z.array(z.string()),
});
export type Plan = z.infer<typeof planSchema>;

export const defaultPlan: Plan = {
  outcome: { type: "real" },
  delivery: {
    copies: 1,
    extraDelayMs: 0,
    beforeAcknowledgement: false,
    forgedFirst: false,
    alteration: null,
    queueTimeoutFirst: false,
  },
  faults: [],
};
