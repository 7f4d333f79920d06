import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isoCBOR } from "@simplewebauthn/server/helpers";
import type { PasskeyAssertion, PasskeyRegistration } from "@satsconnect/contracts/admin";

/** A passkey in software, as a browser with an authenticator answers. */
export type TestAuthenticator = {
  readonly credentialId: string;
  /** `navigator.credentials.create` with the options that the server sent. */
  readonly create: (options: Record<string, unknown>) => PasskeyRegistration;
  /** `navigator.credentials.get`; each part can be what an attacker would send instead. */
  readonly get: (
    options: Record<string, unknown>,
    forged?: {
      readonly origin?: string;
      readonly rpId?: string;
      readonly counter?: number;
      readonly userVerified?: boolean;
    },
  ) => PasskeyAssertion;
};

const userPresent = 0x01;
const userVerified = 0x04;
const attestedCredential = 0x40;

/** A passkey (ES256) on the site `origin`. @param counts whether its signature counter rises. */
export function createAuthenticator(
  origin: string,
  { counts = true }: { readonly counts?: boolean } = {},
): TestAuthenticator {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rawId = randomBytes(32);
  const credentialId = rawId.toString("base64url");
  const rpId = new URL(origin).hostname;
  let counter = 0;

  const clientData = (type: string, challenge: unknown, from: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: from, crossOrigin: false }));

  const authenticatorData = (site: string, flags: number, count: number, extra?: Buffer) => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(count);
    return Buffer.concat([
      createHash("sha256").update(site).digest(),
      Buffer.from([flags]),
      number,
      ...(extra === undefined ? [] : [extra]),
    ]);
  };

  const common = {
    id: credentialId,
    rawId: credentialId,
    type: "public-key",
    authenticatorAttachment: "platform",
    clientExtensionResults: {},
  } as const;

  return {
    credentialId,
    create: (options) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(rawId.length);
      const credential = Buffer.concat([Buffer.alloc(16), length, rawId, coseKey(publicKey)]);
      const flags = userPresent | userVerified | attestedCredential;
      const attestation = isoCBOR.encode(
        new Map<string, unknown>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", new Uint8Array(authenticatorData(rpId, flags, counter, credential))],
        ]) as never,
      );
      return {
        ...common,
        response: {
          clientDataJSON: clientData("webauthn.create", options["challenge"], origin).toString(
            "base64url",
          ),
          attestationObject: Buffer.from(attestation).toString("base64url"),
          transports: ["internal"],
        },
      };
    },
    get: (options, forged = {}) => {
      if (counts) counter += 1;
      const client = clientData("webauthn.get", options["challenge"], forged.origin ?? origin);
      const flags = userPresent | (forged.userVerified === false ? 0 : userVerified);
      const data = authenticatorData(forged.rpId ?? rpId, flags, forged.counter ?? counter);
      const signed = Buffer.concat([data, createHash("sha256").update(client).digest()]);
      return {
        ...common,
        response: {
          clientDataJSON: client.toString("base64url"),
          authenticatorData: data.toString("base64url"),
          signature: sign("sha256", signed, privateKey).toString("base64url"),
          userHandle: null,
        },
      };
    },
  };
}

/** The COSE form of an ES256 key (RFC 9053). */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const key = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, new Uint8Array(Buffer.from(x, "base64url"))],
    [-3, new Uint8Array(Buffer.from(y, "base64url"))],
  ]);
  return Buffer.from(isoCBOR.encode(key as never));
}
