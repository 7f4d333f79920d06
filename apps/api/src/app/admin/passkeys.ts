import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type {
  LogSignature,
  PasskeyAssertion,
  PasskeyRegistration,
} from "@satsconnect/contracts/admin";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Operator, OperatorStore, Passkey } from "./ports.ts";

/** A signature that was verified, with its passkey. */
type VerifiedSignature = {
  readonly passkey: Passkey;
  readonly operator: Operator;
  readonly signature: LogSignature;
};

/** WebAuthn for one origin. Every signature needs user verification: a fingerprint, a face or a PIN. */
export type Passkeys = {
  readonly creationOptions: (
    challenge: string,
    operator: Operator,
  ) => Promise<Record<string, unknown>>;
  /** @param operatorId null: any passkey of this site. */
  readonly requestOptions: (
    challenge: string,
    operatorId: string | null,
  ) => Promise<Record<string, unknown>>;
  /** Checks a new passkey. Errors: `passkey_invalid`. */
  readonly register: (
    registration: PasskeyRegistration,
    challenge: string,
    passkey: Pick<Passkey, "operatorId" | "label" | "createdAt">,
  ) => Promise<Result<Passkey, "passkey_invalid">>;
  /**
   * Checks a signature over `challenge` by a passkey of `operatorId` (null: of anybody), and counts it. Errors:
   * `passkey_invalid`; the counter of a copied authenticator is refused too.
   */
  readonly verify: (
    assertion: PasskeyAssertion,
    challenge: string,
    operatorId: string | null,
  ) => Promise<Result<VerifiedSignature, "passkey_invalid">>;
};

export type PasskeysOptions = {
  readonly store: OperatorStore;
  /** The console's URL; passkeys belong to its host name. */
  readonly origin: string;
  readonly now: () => number;
};

/** EdDSA, ES256 and RS256: what phones, security keys and Windows Hello use. */
const algorithms = [-8, -7, -257];
const timeoutMs = 120_000;

export function createPasskeys({ store, origin, now }: PasskeysOptions): Passkeys {
  const rpId = new URL(origin).hostname;

  return {
    creationOptions: async (challenge, operator) => ({
      ...(await generateRegistrationOptions({
        rpName: "SatsConnect operator",
        rpID: rpId,
        userName: operator.name,
        userDisplayName: operator.name,
        userID: new TextEncoder().encode(operator.id),
        challenge: fromBase64url(challenge),
        timeout: timeoutMs,
        attestationType: "none",
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        supportedAlgorithmIDs: algorithms,
      })),
    }),

    requestOptions: async (challenge, operatorId) => ({
      ...(await generateAuthenticationOptions({
        rpID: rpId,
        challenge: fromBase64url(challenge),
        timeout: timeoutMs,
        userVerification: "required",
        ...(operatorId === null
          ? {}
          : {
              allowCredentials: (await store.passkeysOf(operatorId)).map((passkey) => ({
                id: passkey.credentialId,
              })),
            }),
      })),
    }),

    register: async (registration, challenge, passkey) => {
      try {
        const { verified, registrationInfo } = await verifyRegistrationResponse({
          response: registration as RegistrationResponseJSON,
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpId,
          requireUserVerification: true,
          supportedAlgorithmIDs: algorithms,
        });
        if (!verified) return invalid("it does not verify");
        const { credential, credentialBackedUp } = registrationInfo;
        return ok({
          ...passkey,
          credentialId: credential.id,
          publicKey: credential.publicKey,
          counter: credential.counter,
          backedUp: credentialBackedUp,
          lastUsedAt: null,
        });
      } catch (error) {
        return invalid(reasonOf(error));
      }
    },

    verify: async (assertion, challenge, operatorId) => {
      const found = await store.findPasskey(assertion.id);
      if (found === null) return invalid("it is not registered here");
      const { passkey, operator } = found;
      if (operatorId !== null && operator.id !== operatorId)
        return invalid("it belongs to another operator");
      const { userHandle } = assertion.response;
      if (userHandle !== undefined && userHandle !== null) {
        const handle = Buffer.from(userHandle, "base64url").toString("utf8");
        if (handle !== operator.id) return invalid("it names another operator");
      }
      let counter: number;
      try {
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: assertion as AuthenticationResponseJSON,
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpId,
          requireUserVerification: true,
          credential: {
            id: passkey.credentialId,
            publicKey: new Uint8Array(passkey.publicKey),
            counter: passkey.counter,
          },
        });
        if (!verified) return invalid("the signature does not verify");
        counter = authenticationInfo.newCounter;
      } catch (error) {
        return invalid(reasonOf(error));
      }
      if (!(await store.countSignature(passkey, counter, now())))
        return invalid("it was used at the same time");
      const { clientDataJSON, authenticatorData, signature } = assertion.response;
      return ok({
        passkey,
        operator,
        signature: {
          credentialId: passkey.credentialId,
          publicKey: Buffer.from(passkey.publicKey).toString("base64url"),
          origin,
          rpId,
          clientDataJSON,
          authenticatorData,
          signature,
        },
      });
    },
  };
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "base64url"));
}

/** The library's messages name what differs (challenge, origin, counter) and contain no secret. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : "it cannot be read";
}

function invalid(reason: string): Result<never, "passkey_invalid"> {
  return err("passkey_invalid", `The passkey was refused: ${reason}.`, "never");
}
