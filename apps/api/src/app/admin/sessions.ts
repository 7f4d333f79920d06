import { createHash, randomBytes, randomUUID } from "node:crypto";
import { canonicalJson } from "@satsconnect/contracts/admin";
import type { PasskeyAssertion, PasskeyRegistration } from "@satsconnect/contracts/admin";
import { err, fiat, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Passkeys } from "./passkeys.ts";
import type { ActLog, AdminPrincipal, Operator, OperatorStore } from "./ports.ts";

export type OpenedSession = {
  /** For the cookie; only its hash is stored. */
  readonly token: string;
  readonly principal: AdminPrincipal;
};

export type OperatorSessions = {
  readonly loginOptions: () => Promise<Record<string, unknown>>;
  readonly login: (
    assertion: PasskeyAssertion,
  ) => Promise<
    Result<OpenedSession, "passkey_invalid" | "challenge_expired" | "operator_disabled">
  >;
  readonly enrolmentOptions: (token: string) => Promise<
    Result<
      {
        readonly operator: Operator;
        readonly expiresAt: number;
        readonly options: Record<string, unknown>;
      },
      "enrolment_invalid"
    >
  >;
  /** Uses the link up, adds the passkey and signs in. */
  readonly enrol: (enrolment: {
    readonly token: string;
    readonly registration: PasskeyRegistration;
    readonly label: string;
  }) => Promise<Result<OpenedSession, "enrolment_invalid" | "passkey_invalid">>;
  readonly authenticate: (token: string) => Promise<Result<AdminPrincipal, "operator_required">>;
  /**
   * The operator that a verified client certificate names. A new name is a new operator: the authority vouches for it.
   */
  readonly authenticateCertificate: (
    commonName: string,
  ) => Promise<Result<AdminPrincipal, "operator_required" | "operator_disabled">>;
  readonly logout: (token: string) => Promise<void>;
  readonly deleteExpired: () => Promise<void>;
};

export type OperatorSessionsOptions = {
  readonly store: OperatorStore;
  readonly passkeys: Passkeys;
  readonly log: ActLog;
  readonly now: () => number;
};

const challengeLifetimeMs = 5 * 60_000;
const maxSessionMs = 8 * 60 * 60_000;
const maxIdleMs = 20 * 60_000;
/** Makes it impossible that a signature made to sign in is also the approval of an act, whose challenge is a SHA-256. */
const loginPrefix = "satsconnect sign in:";

export function createOperatorSessions(options: OperatorSessionsOptions): OperatorSessions {
  const { store, passkeys, log, now } = options;

  async function newChallenge(prefix: string): Promise<string> {
    const challenge = Buffer.concat([Buffer.from(prefix), randomBytes(32)]).toString("base64url");
    await store.addChallenge(challenge, now() + challengeLifetimeMs);
    return challenge;
  }

  async function open(
    operator: Operator,
    credentialId: string,
    step: "enrolled" | "signed_in",
    detail: { readonly credentialId: string; readonly label: string; readonly fingerprint: string },
  ): Promise<OpenedSession> {
    const token = `sco_${randomBytes(32).toString("base64url")}`;
    const at = now();
    const expiresAt = at + maxSessionMs;
    await log.append({
      actId: randomUUID(),
      step,
      at,
      operator,
      via: "passkey",
      orderId: null,
      amountKesCents: fiat("KES", 0n),
      needsSecondPerson: false,
      body: canonicalJson(detail),
      signature: null,
    });
    await store.addSession({
      tokenHash: hashOf(token),
      operatorId: operator.id,
      credentialId,
      now: at,
      expiresAt,
    });
    return { token, principal: { operator, via: "passkey", expiresAt } };
  }

  return {
    loginOptions: async () => passkeys.requestOptions(await newChallenge(loginPrefix), null),

    login: async (assertion) => {
      const challenge = challengeOf(assertion.response.clientDataJSON);
      const isLogin = Buffer.from(challenge ?? "", "base64url")
        .toString("latin1")
        .startsWith(loginPrefix);
      if (challenge === null || !isLogin || !(await store.takeChallenge(challenge, now())))
        return err("challenge_expired", "Signing in took too long. Try again.", "safe");
      const verified = await passkeys.verify(assertion, challenge, null);
      if (!verified.ok) return verified;
      const { operator, passkey } = verified.value;
      if (operator.disabledAt !== null) return disabled();
      return ok(await open(operator, passkey.credentialId, "signed_in", describe(passkey)));
    },

    enrolmentOptions: async (token) => {
      const link = await store.findEnrolment(hashOf(token), now());
      if (link === null) return linkInvalid();
      const challenge = await newChallenge("");
      return ok({ ...link, options: await passkeys.creationOptions(challenge, link.operator) });
    },

    enrol: async ({ token, registration, label }) => {
      const tokenHash = hashOf(token);
      const link = await store.findEnrolment(tokenHash, now());
      const challenge = challengeOf(registration.response.clientDataJSON);
      if (link === null || challenge === null || !(await store.takeChallenge(challenge, now())))
        return linkInvalid();
      const registered = await passkeys.register(registration, challenge, {
        operatorId: link.operator.id,
        label,
        createdAt: now(),
      });
      if (!registered.ok) return registered;
      const passkey = registered.value;
      if (!(await store.enrol(tokenHash, passkey, now()))) return linkInvalid();
      return ok(await open(link.operator, passkey.credentialId, "enrolled", describe(passkey)));
    },

    authenticate: async (token) => {
      const session = await store.findSession(hashOf(token), now(), maxIdleMs);
      if (session === null) return signInFirst();
      return ok({ operator: session.operator, via: "passkey", expiresAt: session.expiresAt });
    },

    authenticateCertificate: async (commonName) => {
      if (!/^[a-z][a-z0-9._-]{0,39}$/.test(commonName))
        return err(
          "operator_required",
          "The certificate's common name is no operator's name: small letters, digits, dot, dash and underscore.",
          "never",
        );
      const operator = await store.ensure(commonName, now());
      return operator.disabledAt === null
        ? ok({ operator, via: "certificate", expiresAt: null })
        : disabled();
    },

    logout: (token) => store.endSession(hashOf(token)),
    deleteExpired: () => store.deleteExpired(now()),
  };
}

export function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** First 16 hex digits of the SHA-256 of a passkey's public key: people compare them. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex").slice(0, 16);
}

function describe(passkey: {
  readonly credentialId: string;
  readonly label: string;
  readonly publicKey: Uint8Array;
}) {
  const { credentialId, label, publicKey } = passkey;
  return { credentialId, label, fingerprint: fingerprintOf(publicKey) };
}

/** The challenge that a client says it signed; verified later. */
function challengeOf(clientDataJson: string): string | null {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJson, "base64url").toString("utf8"));
    return typeof data === "object" &&
      data !== null &&
      "challenge" in data &&
      typeof data.challenge === "string"
      ? data.challenge
      : null;
  } catch {
    return null;
  }
}

function signInFirst(): Result<never, "operator_required"> {
  return err("operator_required", "Sign in with your passkey.", "never");
}

function disabled(): Result<never, "operator_disabled"> {
  return err("operator_disabled", "This operator has been disabled.", "never");
}

function linkInvalid(): Result<never, "enrolment_invalid"> {
  return err(
    "enrolment_invalid",
    "The link was used or has expired. Ask another operator for a new one.",
    "never",
  );
}
