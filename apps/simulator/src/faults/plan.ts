import { z } from "zod";

/** How the gateway answers instead of the API. */
const refusalSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("error"),
    status: z.int(),
    code: z.string(),
    message: z.string(),
  }),
  /** Apigee's own fault body, which some gateways let through (community). */
  z.strictObject({
    type: z.literal("apigee"),
    status: z.int(),
    code: z.string(),
    message: z.string(),
  }),
  z.strictObject({ type: z.literal("html"), status: z.int() }),
  z.strictObject({ type: z.literal("reset") }),
  /** Takes the request in and says nothing until the caller gives up or this much time has passed. */
  z.strictObject({ type: z.literal("silence"), forMs: z.int().min(0) }),
]);
export type Refusal = z.infer<typeof refusalSchema>;

const outcomeSchema = z.discriminatedUnion("type", [
  /** A person decides on the handset; a payout goes by the accounts. */
  z.strictObject({ type: z.literal("real") }),
  /** The customer enters the right PIN without anybody touching the handset. */
  z.strictObject({ type: z.literal("approve") }),
  z.strictObject({ type: z.literal("cancel") }),
  /** The prompt never reaches the phone; it ends as if nobody had answered. */
  z.strictObject({ type: z.literal("unreachable"), lateSuccessAfterMs: z.int().min(0).nullable() }),
  z.strictObject({
    type: z.literal("result"),
    code: z.string().regex(/^(?!0$)[A-Za-z0-9_]{1,20}$/),
  }),
  /** The request was acknowledged and is never worked on. */
  z.strictObject({ type: z.literal("never") }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

const alterations = ["amount", "masked_phone", "amount_as_text", "reordered"] as const;

const deliverySchema = z.strictObject({
  copies: z.int().min(0).max(20),
  extraDelayMs: z.int().min(0),
  beforeAcknowledgement: z.boolean(),
  /** A message that claims success is sent first, with ids that are right and a receipt that is none. */
  forgedFirst: z.boolean(),
  alteration: z.enum(alterations).nullable(),
  /** The queue time-out URL is called this long before the result. */
  queueTimeoutFirst: z.boolean(),
});
export type DeliveryPlan = z.infer<typeof deliverySchema>;

/** What happens to one request from its acknowledgement to its last callback. Stored with the request. */
export const planSchema = z.strictObject({
  outcome: outcomeSchema,
  delivery: deliverySchema,
  /** The faults that made it, for the control page. */
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
