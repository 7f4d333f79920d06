import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/* WebAuthn in its JSON forms (Level 3), which the browser itself reads and writes. */

type Json = Readonly<Record<string, unknown>>;

/** Whether this browser and this address can use passkeys: WebAuthn needs HTTPS or localhost. */
export function canUsePasskeys(): boolean {
  return (
    isSecureContext &&
    typeof PublicKeyCredential === "function" &&
    "parseRequestOptionsFromJSON" in PublicKeyCredential
  );
}

/** Creates a passkey. Errors: `passkey_refused`. */
export async function createPasskey<Registration>(options: Json): Promise<Result<Registration>> {
  return ask(() =>
    navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
        options as unknown as PublicKeyCredentialCreationOptionsJSON,
      ),
    }),
  );
}

/** Signs a challenge with a passkey. Errors: `passkey_refused`. */
export async function signWithPasskey<Assertion>(options: Json): Promise<Result<Assertion>> {
  return ask(() =>
    navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
        options as unknown as PublicKeyCredentialRequestOptionsJSON,
      ),
    }),
  );
}

async function ask<Answer>(request: () => Promise<Credential | null>): Promise<Result<Answer>> {
  try {
    const credential = await request();
    if (credential instanceof PublicKeyCredential) return ok(credential.toJSON() as Answer);
  } catch {
    // The person cancelled, waited too long, or has no passkey for this address: all end the same way.
  }
  return err("passkey_refused", "No passkey was used. Nothing was signed.", "safe");
}
