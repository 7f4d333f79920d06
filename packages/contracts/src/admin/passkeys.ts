import { z } from "zod";
import { components } from "../rest/primitives.ts";

/*
 * Passkeys in the JSON forms of WebAuthn Level 3: browsers read the options with
 * `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON`, and write the credential with
 * `toJSON`.
 */

const base64url = (maxBytes: number) =>
  z
    .string()
    .max(Math.ceil((maxBytes * 4) / 3))
    .regex(/^[A-Za-z0-9_-]+$/, { error: "This must be base64url without padding." });

const credentialFields = {
  id: base64url(1_023),
  rawId: base64url(1_023),
  type: z.literal("public-key"),
  authenticatorAttachment: z.enum(["platform", "cross-platform"]).nullish(),
  clientExtensionResults: z.record(z.string(), z.unknown()),
} as const;

/** `PublicKeyCredentialCreationOptionsJSON`. */
export const passkeyCreationOptions = z.record(z.string(), z.unknown());
/** `PublicKeyCredentialRequestOptionsJSON`. */
export const passkeyRequestOptions = z.record(z.string(), z.unknown());

/** `RegistrationResponseJSON`: a new passkey. */
export const passkeyRegistration = z
  .strictObject({
    ...credentialFields,
    response: z.looseObject({
      clientDataJSON: base64url(8_192),
      attestationObject: base64url(16_384),
      transports: z.array(z.string().max(30)).max(10).optional(),
    }),
  })
  .register(components, {
    id: "PasskeyRegistration",
    description: "`RegistrationResponseJSON` of WebAuthn Level 3.",
  });
export type PasskeyRegistration = z.infer<typeof passkeyRegistration>;

/** `AuthenticationResponseJSON`: a signature of a passkey. */
export const passkeyAssertion = z
  .strictObject({
    ...credentialFields,
    response: z.strictObject({
      clientDataJSON: base64url(8_192),
      authenticatorData: base64url(8_192),
      signature: base64url(1_024),
      userHandle: base64url(64).nullish(),
    }),
  })
  .register(components, {
    id: "PasskeyAssertion",
    description: "`AuthenticationResponseJSON` of WebAuthn Level 3.",
  });
export type PasskeyAssertion = z.infer<typeof passkeyAssertion>;
