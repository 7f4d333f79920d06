import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { LoginPayload, SessionTokens } from "../rest/auth.ts";
import { routes } from "../rest/routes.ts";
import type { ServerClock } from "./server-clock.ts";
import { exchange } from "./transport.ts";

/** Persists a session across restarts. The tokens are secrets. */
export type SessionStore = {
  readonly load: () => Promise<SessionTokens | null>;
  readonly save: (session: SessionTokens) => Promise<void>;
  readonly clear: () => Promise<void>;
};

export type SessionOptions = {
  readonly baseUrl: string;
  readonly send: typeof fetch;
  readonly store: SessionStore;
  readonly device: LoginPayload["device"];
  /** Signs the payload with the wallet's node key and returns the compact JWS. */
  readonly signLogin: (payload: LoginPayload) => Promise<string>;
  /** Judges the tokens' times, and dates the logins. */
  readonly clock: ServerClock;
  readonly timeoutMs: number;
};

export type Session = {
  /** A token that does not expire soon: the stored one, otherwise by refresh, otherwise by a new login. */
  readonly accessToken: () => Promise<Result<string>>;
  /** Call after the server refused the token: the next `accessToken` fetches another one. */
  readonly discardAccessToken: (token: string) => void;
  readonly tokens: () => Promise<Result<SessionTokens>>;
  readonly end: () => Promise<void>;
};

const expiryMarginMs = 15_000;

/** Runs one refresh or login at a time: a refresh token used twice would end the session. */
export function createSession(options: SessionOptions): Session {
  let current: SessionTokens | null | undefined;
  let refused: string | null = null;
  let inFlight: Promise<Result<SessionTokens>> | null = null;
  const { clock } = options;

  async function tokens(): Promise<Result<SessionTokens>> {
    current ??= await options.store.load();
    if (current !== null && isFresh(current)) return ok(current);
    inFlight ??= renew().finally(() => (inFlight = null));
    return inFlight;
  }

  function isFresh(session: SessionTokens): boolean {
    return (
      session.accessToken !== refused &&
      Date.parse(session.accessTokenExpiresAt) - expiryMarginMs > clock.now()
    );
  }

  async function renew(): Promise<Result<SessionTokens>> {
    if (current !== null && current !== undefined) {
      const refreshed = await post(routes.refresh.path, { refreshToken: current.refreshToken });
      if (refreshed.ok || !endsSession.has(refreshed.error.code)) return refreshed;
      current = null;
      await options.store.clear();
    }
    const before = clock.aheadMs();
    const first = await login();
    if (first.ok || !clockErrors.has(first.error.code)) return first;
    // The device's clock is wrong by more than a login's lifetime: sign with the server's time, for this server only. The
    // refusal may have told it; otherwise ask.
    if (clock.aheadMs() === before) await readClock();
    return clock.aheadMs() === before ? first : login();
  }

  async function readClock(): Promise<void> {
    const { method, path } = routes.info;
    const answer = await exchange(options.send, {
      method: method.toUpperCase(),
      url: options.baseUrl + path,
      headers: {},
      timeoutMs: options.timeoutMs,
    });
    if (!answer.ok) return;
    const { time } = answer.value.json as { readonly time?: unknown };
    const ahead =
      typeof time === "string" ? Date.parse(time) - (clock.now() - clock.aheadMs()) : Number.NaN;
    if (!Number.isNaN(ahead)) clock.set(ahead);
  }

  async function login(): Promise<Result<SessionTokens>> {
    const issuedAt = Math.floor(clock.now() / 1_000);
    const assertion = await options.signLogin({
      aud: new URL(options.baseUrl).origin,
      iat: issuedAt,
      exp: issuedAt + 60,
      nonce: crypto.randomUUID().replaceAll("-", ""),
      device: options.device,
    });
    return post(routes.login.path, { assertion });
  }

  async function post(path: string, body: object): Promise<Result<SessionTokens>> {
    const answer = await exchange(options.send, {
      method: "POST",
      url: options.baseUrl + path,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      timeoutMs: options.timeoutMs,
    });
    if (!answer.ok) return answer;
    current = answer.value.json as SessionTokens;
    refused = null;
    await options.store.save(current);
    // By this device's clock the token has already expired: it would be renewed before every call.
    if (Date.parse(current.accessTokenExpiresAt) <= clock.now()) await readClock();
    return ok(current);
  }

  return {
    tokens,
    accessToken: async () => {
      const session = await tokens();
      return session.ok
        ? ok(session.value.accessToken)
        : err(session.error.code, session.error.message, session.error.retry);
    },
    discardAccessToken: (token) => {
      refused = token;
    },
    end: async () => {
      current = null;
      await options.store.clear();
    },
  };
}

const endsSession: ReadonlySet<string> = new Set([
  "refresh_token_invalid",
  "refresh_token_reused",
  "device_revoked",
  "invalid_request",
]);

const clockErrors: ReadonlySet<string> = new Set(["assertion_invalid", "assertion_expired"]);

/** Keeps a session in memory only. */
export function memorySessionStore(): SessionStore {
  let stored: SessionTokens | null = null;
  return {
    load: async () => stored,
    save: async (session) => {
      stored = session;
    },
    clear: async () => {
      stored = null;
    },
  };
}
