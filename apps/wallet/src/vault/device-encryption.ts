import { base64 } from "@scure/base";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type {
  DeviceEncryption,
  DeviceSecret,
  DeviceEncryptionAvailability,
  DeviceEncryptionErrorCode,
} from "./device-encryption-types.ts";

const timeoutMs = 60_000;
/** The PRF input. It can be the same for all: each credential derives its own secret from it. */
const prfInput = new TextEncoder().encode("satsconnect device seal 1");
const es256 = -7;
const rs256 = -257;

/**
 * WebAuthn's PRF extension (https://www.w3.org/TR/webauthn-3/#prf-extension): the platform authenticator releases 32
 * bytes after a fingerprint, face or screen-lock check, to this origin only. The credential is not used to sign in.
 */
export const deviceEncryption: DeviceEncryption = {
  availability,
  create,
  read,
  delete: deleteSecret,
};

async function availability(): Promise<DeviceEncryptionAvailability> {
  if (!("credentials" in navigator) || typeof PublicKeyCredential === "undefined") return "none";
  if (!(await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())) return "none";
  // a credential belongs to a domain name; an IP address cannot have one
  if (!window.isSecureContext || /^[\d.]+$|:/u.test(location.hostname)) return "not_here";
  if (!("getClientCapabilities" in PublicKeyCredential)) return "ready";
  const can = await PublicKeyCredential.getClientCapabilities();
  return can["extension:prf"] === false ? "none" : "ready";
}

async function create(): Promise<Result<DeviceSecret, DeviceEncryptionErrorCode>> {
  const created = await withPrompt(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "SatsConnect" },
        // There is no account behind the credential, so the name identifies nobody.
        user: { id: random(16), name: "SatsConnect", displayName: "SatsConnect" },
        challenge: random(32),
        pubKeyCredParams: [es256, rs256].map((alg) => ({ type: "public-key" as const, alg })),
        authenticatorSelection: {
          authenticatorAttachment: "platform",
          residentKey: "discouraged",
          userVerification: "required",
        },
        attestation: "none",
        timeout: timeoutMs,
        extensions: { prf: { eval: { first: prfInput } } },
      },
    }),
  );
  if (!created.ok) return created;
  const handle = base64.encode(new Uint8Array(created.value.rawId));
  const { prf } = created.value.getClientExtensionResults();
  const first = prf?.results?.first;
  if (first !== undefined) return ok({ handle, secret: bytesOf(first) });
  if (prf?.enabled !== true)
    return err("seal_unavailable", "This authenticator does not support PRF.", "never");
  // some authenticators return it only from an assertion
  const secret = await read(handle);
  return secret.ok ? ok({ handle, secret: secret.value }) : secret;
}

async function read(handle: string): Promise<Result<Uint8Array, DeviceEncryptionErrorCode>> {
  const got = await withPrompt(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        allowCredentials: [{ type: "public-key", id: base64.decode(handle).slice() }],
        userVerification: "required",
        timeout: timeoutMs,
        extensions: { prf: { eval: { first: prfInput } } },
      },
    }),
  );
  if (!got.ok) return got;
  const first = got.value.getClientExtensionResults().prf?.results?.first;
  return first === undefined
    ? err("seal_lost", "The authenticator returned no secret.", "never")
    : ok(bytesOf(first));
}

/**
 * A page cannot delete a credential. The vault deletes the data encrypted under its secret, and the person can remove
 * the credential in the browser's settings.
 */
async function deleteSecret(): Promise<void> {}

async function withPrompt(
  request: () => Promise<Credential | null>,
): Promise<Result<PublicKeyCredential, DeviceEncryptionErrorCode>> {
  try {
    const credential = await request();
    return credential instanceof PublicKeyCredential
      ? ok(credential)
      : err("seal_unavailable", "The browser returned no credential.", "never");
  } catch (error) {
    // The browser reports the same error for a refusal, a timeout and a missing credential.
    return error instanceof DOMException && error.name === "NotAllowedError"
      ? err("seal_refused", error.message, "safe")
      : err("seal_unavailable", error instanceof Error ? error.message : "", "never");
  }
}

function bytesOf(value: BufferSource): Uint8Array {
  return value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
