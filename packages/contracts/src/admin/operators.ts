import { z } from "zod";
import { components, timestamp, uuid } from "../rest/primitives.ts";
import { operatorName } from "./session.ts";

const passkey = z
  .strictObject({
    id: z.string().describe("Credential id, base64url."),
    label: z.string(),
    fingerprint: z.string().describe("First 16 hex digits of the public key's SHA-256."),
    createdAt: timestamp,
    lastUsedAt: timestamp.nullable(),
    backedUp: z.boolean().describe("Whether the passkey is synchronised between devices."),
  })
  .register(components, { id: "Passkey" });

const operator = z
  .strictObject({
    id: uuid,
    name: operatorName,
    createdAt: timestamp,
    disabledAt: timestamp.nullable(),
    passkeys: z.array(passkey),
    enrolmentExpiresAt: timestamp
      .nullable()
      .describe("An enrolment link is open until then; null if there is none."),
  })
  .register(components, { id: "Operator", description: "A person who may act." });
export type Operator = z.infer<typeof operator>;

export const operatorList = z
  .strictObject({ operators: z.array(operator) })
  .register(components, { id: "OperatorList" });
