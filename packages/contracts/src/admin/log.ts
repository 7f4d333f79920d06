import { z } from "zod";
import { components, timestamp, uuid } from "../rest/primitives.ts";
import { operatorReference } from "./session.ts";

export const logSteps = [
  "proposed",
  "approved",
  "executed",
  "refused",
  "declined",
  "expired",
  "enrolled",
  "signed_in",
] as const;

/** The signature of a passkey, as the authenticator gave it: anybody can check it with the public key. */
const logSignature = z
  .strictObject({
    credentialId: z.string(),
    publicKey: z.string().describe("COSE key, base64url."),
    origin: z.string(),
    rpId: z.string(),
    clientDataJSON: z.string(),
    authenticatorData: z.string(),
    signature: z.string(),
  })
  .register(components, { id: "LogSignature" });
export type LogSignature = z.infer<typeof logSignature>;

const logEntry = z
  .strictObject({
    number: z.number().int().describe("From 1, without gaps."),
    actId: uuid,
    step: z.enum(logSteps),
    at: timestamp,
    operator: operatorReference.nullable().describe("Null for what the system did by itself."),
    via: z.enum(["passkey", "certificate", "system"]),
    body: z.string().describe("Canonical JSON; of `proposed` and `approved`, the act itself."),
    signature: logSignature.nullable(),
    previousHash: z.string().describe("`hash` of the entry before; 64 zeros for the first."),
    hash: z.string().describe("SHA-256 over all fields of the entry and `previousHash`."),
  })
  .register(components, { id: "LogEntry" });
export type LogEntry = z.infer<typeof logEntry>;

export const logQuery = z.strictObject({
  after: z.coerce
    .number<string | number>()
    .int()
    .min(0)
    .default(0)
    .describe("Number of the last entry that is known."),
  limit: z.coerce.number<string | number>().int().min(1).max(500).default(100),
  newestFirst: z.enum(["true", "false"]).default("false"),
});

export const logPage = z
  .strictObject({ entries: z.array(logEntry), last: z.number().int() })
  .register(components, {
    id: "LogPage",
    description: "`last` is the number of the newest entry; 0 if the log is empty.",
  });
