import { z } from "zod";
import { components, kesCentsText, lineText, timestamp, uuid } from "../rest/primitives.ts";
import {
  passkeyAssertion,
  passkeyCreationOptions,
  passkeyRegistration,
  passkeyRequestOptions,
} from "./passkeys.ts";

/** Name of an operator: the common name of a client certificate is compared with it. */
export const operatorName = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,39}$/, {
    error: "A name has up to 40 characters: small letters, digits, dot, dash and underscore.",
  })
  .register(components, { id: "OperatorName", examples: ["wanjiku"] });

export const operatorReference = z
  .strictObject({ id: uuid, name: operatorName })
  .register(components, { id: "OperatorReference" });
export type OperatorReference = z.infer<typeof operatorReference>;

export const adminSession = z
  .strictObject({
    operator: operatorReference,
    via: z.enum(["passkey", "certificate"]).describe("How the operator is known here."),
    expiresAt: timestamp.nullable().describe("When the session ends; null for a certificate."),
    network: z.enum(["regtest", "signet", "testnet", "bitcoin"]),
    fourEyesKesCents: kesCentsText.describe(
      "Acts of one operator in 24 hours above this sum need a second person.",
    ),
    time: timestamp,
  })
  .register(components, { id: "AdminSession", description: "Who is signed in." });
export type AdminSession = z.infer<typeof adminSession>;

export const loginOptions = z
  .strictObject({ options: passkeyRequestOptions })
  .register(components, {
    id: "LoginOptions",
    description: "`PublicKeyCredentialRequestOptionsJSON`; its challenge can be used once.",
  });

export const passkeyLogin = z
  .strictObject({ assertion: passkeyAssertion })
  .register(components, { id: "PasskeyLogin" });

const enrolmentToken = z
  .string()
  .regex(/^sce_[A-Za-z0-9_-]{43}$/, { error: "This is not the token of an enrolment link." });

export const enrolmentRequest = z
  .strictObject({ token: enrolmentToken })
  .register(components, { id: "EnrolmentRequest" });

export const enrolmentOptions = z
  .strictObject({
    operator: operatorReference,
    expiresAt: timestamp.describe("When the link expires."),
    options: passkeyCreationOptions,
  })
  .register(components, {
    id: "EnrolmentOptions",
    description: "`PublicKeyCredentialCreationOptionsJSON` for the operator that the link names.",
  });

export const enrolment = z
  .strictObject({
    token: enrolmentToken,
    registration: passkeyRegistration,
    label: z.string().trim().min(1).pipe(lineText(60)).describe("What the passkey is on."),
  })
  .register(components, { id: "Enrolment" });
