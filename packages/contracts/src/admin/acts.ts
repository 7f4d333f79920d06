import { z } from "zod";
import {
  components,
  kesCentsText,
  lineText,
  nextCursor,
  pageQuery,
  timestamp,
  uuid,
} from "../rest/primitives.ts";
import { orderKind } from "../rest/quotes.ts";
import { posting } from "./ledger.ts";
import { passkeyAssertion, passkeyRequestOptions } from "./passkeys.ts";
import { operatorName, operatorReference } from "./session.ts";

/** A parameter that a person fills in for an act. */
const actField = z
  .strictObject({
    name: z.string().describe("Name of the parameter in `act`."),
    kind: z
      .enum(["kes_cents", "msat", "receipt", "msisdn", "time", "invoice", "text", "choice"])
      .describe("Amounts are decimal strings in cents or millisatoshis; a time is RFC 3339."),
    required: z.boolean(),
    choices: z.array(z.string()).optional().describe("The values of a `choice`."),
    proposal: z.string().nullable().describe("The value that fits the order; null if none does."),
    max: z.string().nullable().describe("The largest amount; null if there is no bound."),
  })
  .register(components, { id: "ActField" });
export type ActField = z.infer<typeof actField>;

/**
 * An act with its parameters: `type` is one that the order's page lists, and each parameter is one of its `fields`.
 * The server checks them against the order.
 */
const act = z
  .object({ type: z.string().regex(/^[a-z][a-z_]{0,39}$/) })
  .catchall(z.string().max(4_000))
  .refine((fields) => Object.keys(fields).length <= 12, { error: "An act has few parameters." })
  .register(components, {
    id: "Act",
    examples: [{ type: "refund", amountKesCents: "100000", way: "reversal" }],
  });
export type Act = z.infer<typeof act>;

/** The effect of an act if it is carried out now. */
export const actPreview = z
  .strictObject({
    act,
    amountKesCents: kesCentsText.describe("What the four-eyes limit counts."),
    nextState: z.string().describe("The order's state afterwards."),
    postings: z.array(posting).describe("What is booked at once; later steps book more."),
    needsSecondPerson: z.boolean(),
  })
  .register(components, { id: "ActPreview" });
export type ActPreview = z.infer<typeof actPreview>;

/** An act that the order's state allows. */
export const possibleAct = z
  .strictObject({
    type: z.string(),
    summary: z.string().describe("What it does, one sentence."),
    fields: z.array(actField),
    preview: actPreview
      .nullable()
      .describe("With the proposed parameters; null if one without a proposal is required."),
  })
  .register(components, { id: "PossibleAct" });
export type PossibleAct = z.infer<typeof possibleAct>;

export const actPreviewRequest = z
  .strictObject({ act })
  .register(components, { id: "ActPreviewRequest" });

export const actReason = z
  .string()
  .trim()
  .min(3, { error: "Say in a few words why." })
  .pipe(lineText(500));

export const actProposal = z
  .strictObject({
    id: uuid.describe("Chosen by the caller; repeating the request with the same id is safe."),
    orderId: uuid,
    orderVersion: z
      .number()
      .int()
      .min(1)
      .describe(
        "The version that the operator saw; if the order has changed since, it is refused.",
      ),
    act,
    reason: actReason,
  })
  .register(components, { id: "ActProposal" });

export const actStatuses = ["waiting", "executed", "refused", "declined", "expired"] as const;

export const recordedAct = z
  .strictObject({
    id: uuid,
    type: z.string(),
    status: z
      .enum(actStatuses)
      .describe(
        "`waiting`: for a second person. `executed`: done. `refused`: it was not possible, see `outcome`. `declined`: a person said no. `expired`: nobody approved it in time.",
      ),
    subject: z
      .discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("order"),
          orderId: uuid,
          orderKind,
          orderVersion: z.number().int(),
        }),
        z.strictObject({ kind: z.literal("operator"), name: operatorName }),
        z.strictObject({ kind: z.literal("switch"), name: z.string() }),
        z.strictObject({ kind: z.literal("books") }),
      ])
      .describe("What the act changes."),
    act,
    amountKesCents: kesCentsText,
    postings: z.array(posting),
    reason: z.string(),
    canonical: z
      .string()
      .describe("The act as canonical JSON. An approval's challenge is the SHA-256 of this text."),
    needsSecondPerson: z.boolean(),
    proposedBy: operatorReference,
    via: z.enum(["passkey", "certificate"]),
    proposedAt: timestamp,
    expiresAt: timestamp.describe("An approval after this time is refused."),
    approvedBy: operatorReference.nullable(),
    approvedAt: timestamp.nullable(),
    outcome: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .describe("How it ended; null while it waits."),
    endedAt: timestamp.nullable(),
  })
  .register(components, { id: "RecordedAct", description: "An act and what became of it." });
export type RecordedAct = z.infer<typeof recordedAct>;

export const actResult = z
  .strictObject({
    act: recordedAct,
    enrolment: z
      .strictObject({ url: z.string(), expiresAt: timestamp })
      .nullable()
      .describe("A one-time enrolment link, shown once, for acts that make one."),
  })
  .register(components, { id: "ActResult" });
export type ActResult = z.infer<typeof actResult>;

export const actListQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(actStatuses).optional(),
  orderId: uuid.optional(),
});

export const actList = z
  .strictObject({ acts: z.array(recordedAct), nextCursor })
  .register(components, { id: "ActList" });

export const actParams = z.strictObject({ actId: uuid });

export const approvalOptions = z
  .strictObject({ canonical: z.string(), options: passkeyRequestOptions })
  .register(components, {
    id: "ApprovalOptions",
    description:
      "`PublicKeyCredentialRequestOptionsJSON`; its challenge is the SHA-256 of `canonical`. Show the act and check both before asking for the passkey.",
  });

export const actApproval = z
  .strictObject({ assertion: passkeyAssertion })
  .register(components, { id: "ActApproval" });

export const actDecline = z
  .strictObject({ reason: actReason })
  .register(components, { id: "ActDecline" });
