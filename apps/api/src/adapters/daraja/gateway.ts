import {
  invalidTokenCodes,
  mpesaSentences,
  requestCodeOf,
  requestErrorCodes,
  spikeArrestCodes,
} from "@satsconnect/contracts/mpesa";
import { err, ok } from "@satsconnect/money";
import type { Result, Retry } from "@satsconnect/money";
import { member, parseRaw, textOf } from "../exact-json.ts";
import type { FetchedRailToken, RailToken, RailTokenStore } from "../../app/rail-tokens.ts";
import type { RawJson } from "../exact-json.ts";

export type GatewayOptions = {
  readonly baseUrl: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly tokens: RailTokenStore;
  readonly now: () => number;
  readonly log: GatewayLog;
  readonly fetch?: typeof fetch;
  /** Timeout of one request; 25 s by default. */
  readonly timeoutMs?: number;
};

/** Logs only a call's path and outcome, never its content. */
type GatewayLog = {
  readonly warn: (
    fields: { readonly path: string; readonly status?: number; readonly code: string },
    message: string,
  ) => void;
};

export type Gateway = {
  /** Posts JSON with the shared access token. A failure's code is Daraja's own, or `http_…`, `network` or `timeout`. */
  readonly post: (path: string, body: object, isReadable?: IsReadable) => Promise<Result<RawJson>>;
};

/** Accepts a body as an answer although its HTTP status is an error. */
type IsReadable = (body: RawJson) => boolean;

const tokenTimeoutMs = 8_000;
/** A token is replaced after this share of its lifetime, before it can expire during a call. */
const tokenRefreshShare = 0.8;
/** After a spike arrest (Apigee's rate limit), no call is sent for this long. */
const spikePauseMs = 1_000;

/** Errors that occur before the request is sent, so it cannot have had an effect. */
const notSentErrors: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

type RawResponse =
  | { readonly kind: "response"; readonly status: number; readonly text: string }
  | { readonly kind: "failure"; readonly code: string; readonly retry: Retry };

/**
 * Calls Daraja with an access token shared by all processes. A call whose token was refused is repeated once with a new
 * token. Never throws for a failed call: the result's `retry` says whether it may have had an effect.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { tokens, now, log } = options;
  const fetchResponse = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? 25_000;
  let pausedUntil = 0;
  let renewing: Promise<RailToken | null> | null = null;

  async function request(
    path: string,
    init: RequestInit,
    requestTimeoutMs: number,
  ): Promise<RawResponse> {
    try {
      const response = await fetchResponse(`${options.baseUrl}${path}`, {
        ...init,
        redirect: "error",
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      return { kind: "response", status: response.status, text: await response.text() };
    } catch (error) {
      return failureOf(error);
    }
  }

  async function fetchToken(): Promise<FetchedRailToken | null> {
    const credentials = Buffer.from(`${options.consumerKey}:${options.consumerSecret}`);
    const path = "/oauth/v1/generate?grant_type=client_credentials";
    const raw = await request(
      path,
      { headers: { authorization: `Basic ${credentials.toString("base64")}` } },
      tokenTimeoutMs,
    );
    if (raw.kind === "response" && raw.status === 200) {
      const body = parseRaw(raw.text) ?? undefined;
      const token = textOf(member(body, "access_token"));
      // Both 3599 and "3599" were observed.
      const seconds = Number(textOf(member(body, "expires_in")) ?? "");
      if (token !== null && Number.isFinite(seconds) && seconds > 0) {
        return { token, lifetimeMs: seconds * 1_000 };
      }
    }
    const code = raw.kind === "response" ? `http_${raw.status}` : raw.code;
    log.warn({ path: "/oauth/v1/generate", code }, "M-Pesa access token could not be obtained");
    return null;
  }

  /** Renews the token; concurrent callers share one renewal. The store does the same across processes. */
  function renew(stale: bigint | null): Promise<RailToken | null> {
    renewing ??= tokens.replace(stale, fetchToken).finally(() => {
      renewing = null;
    });
    return renewing;
  }

  /** @param refused the token that M-Pesa just refused, if any. */
  async function usableToken(refused: RailToken | null): Promise<RailToken | null> {
    const current = await tokens.read();
    const isFresh =
      current !== null &&
      current.generation !== refused?.generation &&
      now() < current.obtainedAt + (current.expiresAt - current.obtainedAt) * tokenRefreshShare;
    if (isFresh) return current;
    const replaced = await renew(current?.generation ?? null);
    if (replaced !== null) return replaced;
    // A token past its refresh time still works until it expires.
    const usable = current !== null && current !== refused && now() < current.expiresAt;
    return usable && current.generation !== refused?.generation ? current : null;
  }

  async function attempt(
    path: string,
    body: object,
    token: RailToken,
    isReadable: IsReadable | undefined,
  ): Promise<Result<RawJson>> {
    const raw = await request(
      path,
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${token.token}`,
          "content-type": "application/json",
          accept: "application/json",
        },
        body: JSON.stringify(body),
      },
      timeoutMs,
    );
    return resultOf(raw, isReadable);
  }

  return {
    post: async (path, body, isReadable) => {
      if (now() < pausedUntil) {
        return err(
          "500.003.02",
          "M-Pesa limits the request rate. The call is retried in a moment.",
          "safe",
        );
      }
      const token = await usableToken(null);
      if (token === null) {
        return err("token_unavailable", "M-Pesa cannot be reached right now.", "safe");
      }
      let answer = await attempt(path, body, token, isReadable);
      if (!answer.ok && invalidTokenCodes.has(answer.error.code)) {
        const next = await usableToken(token);
        if (next === null) {
          return err("token_unavailable", "M-Pesa cannot be reached right now.", "safe");
        }
        answer = await attempt(path, body, next, isReadable);
      }
      if (!answer.ok) {
        const { code } = answer.error;
        if (spikeArrestCodes.has(code)) pausedUntil = now() + spikePauseMs;
        log.warn({ path, code }, "M-Pesa request failed");
      }
      return answer;
    },
  };
}

function resultOf(raw: RawResponse, isReadable: IsReadable | undefined): Result<RawJson> {
  if (raw.kind === "failure") {
    return err(raw.code, "M-Pesa could not be reached or did not answer.", raw.retry);
  }
  const { status, text } = raw;
  const body = parseRaw(text);
  const code = textOf(member(body ?? undefined, "errorCode"));
  if (code !== null) {
    const message = textOf(member(body ?? undefined, "errorMessage")) ?? "";
    const meaning = requestCodeOf(requestErrorCodes, code, message);
    return err(meaning.code, mpesaSentences[meaning.reason], meaning.retry);
  }
  if (body !== null && isReadable?.(body) === true) return ok(body);
  const fault = member(body ?? undefined, "fault");
  if (fault !== undefined) {
    const apigee = textOf(member(member(fault, "detail"), "errorcode")) ?? `http_${status}`;
    const { retry, reason } = requestCodeOf(requestErrorCodes, apigee, "");
    // The proxy checks rate limits before it forwards a request. Any other fault may occur afterwards.
    return err(apigee, mpesaSentences[reason], status === 429 ? "safe" : retry);
  }
  if (status === 429)
    return err(
      "http_429",
      "M-Pesa limits the request rate. The call is retried in a moment.",
      "safe",
    );
  if (status >= 200 && status < 300 && body !== null) return ok(body);
  // An HTML page or an empty body proves nothing about the money.
  return err(`http_${status}`, "M-Pesa's answer cannot be read.", "unknown");
}

function failureOf(error: unknown): RawResponse {
  if (error instanceof Error && error.name === "TimeoutError") {
    return { kind: "failure", code: "timeout", retry: "unknown" };
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const code =
    typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  return { kind: "failure", code: "network", retry: notSentErrors.has(code) ? "safe" : "unknown" };
}
