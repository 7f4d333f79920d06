import { base64 } from "@scure/base";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type {
  DeviceEncryption,
  DeviceSecret,
  DeviceEncryptionAvailability,
  DeviceEncryptionErrorCode,
} from "./device-encryption-types.ts";

const patienceMs = 60_000;
/** What the authenticator is asked about: one value for all, since each credential answers with secrets of its own. */
const question = new TextEncoder().encode("satsconnect device seal 1");
const es256 = -7;
const rs256 = -257;

/**
 * WebAuthn's PRF extension (https://www.w3.org/TR/webauthn-3/#prf-extension): the platform's own authenticator gives out
 * 32 bytes for a finger, a face or the screen lock, and for this address alone. The credential signs nobody in.
 */
export const deviceEncryption: DeviceEncryption = { availability, make, open, forget };

async function availability(): Promise<DeviceEncryptionAvailability> {
  if (!("credentials" in navigator) || typeof PublicKeyCredential === "undefined") return "none";
  if (!(await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())) return "none";
  // a credential belongs to a domain: there is none for a bare number
  if (!window.isSecureContext || /^[\d.]+$|:/u.test(location.hostname)) return "not_here";
  if (!("getClientCapabilities" in PublicKeyCredential)) return "ready";
  const can = await PublicKeyCredential.getClientCapabilities();
  return can["extension:prf"] === false ? "none" : "ready";
}

async function make(): Promise<Result<DeviceSecret, DeviceEncryptionErrorCode>> {
  const created = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "SatsConnect" },
        // No account stands behind it, so it has no name that would say whose it is.
        user: { id: random(16), name: "SatsConnect", displayName: "SatsConnect" },
        challenge: random(32),
        pubKeyCredParams: [es256, rs256].map((alg) => ({ type: "public-key" as const, alg })),
        authenticatorSelection: {
          authenticatorAttachment: "platform",
          residentKey: "discouraged",
          userVerification: "required",
        },
        attestation: "none",
        timeout: patienceMs,
        extensions: { prf: { eval: { first: question } } },
      },
    }),
  );
  if (!created.ok) return created;
  const handle = base64.encode(new Uint8Array(created.value.rawId));
  const { prf } = created.value.getClientExtensionResults();
  const first = prf?.results?.first;
  if (first !== undefined) return ok({ handle, secret: bytesOf(first) });
  if (prf?.enabled !== true)
    return err("seal_unavailable", "This authenticator gives out no secret.", "never");
  // some give it out only when they are asked again
  const secret = await open(handle);
  return secret.ok ? ok({ handle, secret: secret.value }) : secret;
}

async function open(handle: string): Promise<Result<Uint8Array, DeviceEncryptionErrorCode>> {
  const got = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        allowCredentials: [{ type: "public-key", id: base64.decode(handle).slice() }],
        userVerification: "required",
        timeout: patienceMs,
        extensions: { prf: { eval: { first: question } } },
      },
    }),
  );
  if (!got.ok) return got;
  const first = got.value.getClientExtensionResults().prf?.results?.first;
  return first === undefined
    ? err("seal_lost", "The authenticator gave no secret.", "never")
    : ok(bytesOf(first));
}

/** A page cannot delete a credential; what it sealed is gone, and the person can delete it in the browser's settings. */
async function forget(): Promise<void> {}

async function asked(
  question: () => Promise<Credential | null>,
): Promise<Result<PublicKeyCredential, DeviceEncryptionErrorCode>> {
  try {
    const credential = await question();
    return credential instanceof PublicKeyCredential
      ? ok(credential)
      : err("seal_unavailable", "The browser gave no credential.", "never");
  } catch (error) {
    // The browser says the same for a refusal, for a time that ran out and for a credential that is gone.
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
