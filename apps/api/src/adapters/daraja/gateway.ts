import { setTimeout as sleep } from "node:timers/promises";
import {
  isMissingProduct,
  isTokenFault,
  mpesaSentences,
  namedField,
  requestCodeOf,
  requestErrorCodes,
  spikeArrestCodes,
} from "@satsconnect/contracts/mpesa";
import { err, ok } from "@satsconnect/money";
import type { Result, Retry } from "@satsconnect/money";
import { member, parseRaw, textOf } from "../exact-json.ts";
import type { FetchedRailToken, RailToken, RailTokenStore } from "../../app/rail-tokens.ts";
import type { RailBudget } from "../../app/rail-budget.ts";
import type { RawJson } from "../exact-json.ts";
import { createCircuit } from "./circuit.ts";
import type { Circuit } from "./circuit.ts";

export type GatewayOptions = {
  readonly baseUrl: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly tokens: RailTokenStore;
  readonly budget: RailBudget;
  readonly now: () => number;
  readonly log: GatewayLog;
  readonly fetch?: typeof fetch;
  /** Timeout of one request; 25 s by default. */
  readonly timeoutMs?: number;
  /** Milliseconds since any fixed moment, by a clock that only runs forward. */
  readonly elapsed?: () => number;
};

/** Logs only a call's path and outcome, never its content. */
type GatewayLog = {
  readonly warn: (
    fields: { readonly path: string; readonly status?: number; readonly code: string },
    message: string,
  ) => void;
};

export type Gateway = {
  /**
   * Posts JSON with the shared access token. A failure's code is Daraja's own, or `http_…`, `network` or `timeout`.
   * Answers within `maxCallMs`.
   */
  readonly post: (
    path: string,
    shortcode: string,
    body: object,
    reading?: Reading,
  ) => Promise<Result<RawJson>>;
  /** Whether the API at this path answers. */
  readonly answers: (path: string) => boolean;
};

/** How the answers of one API are read. */
export type Reading = {
  /** Accepts a body as an answer although its HTTP status is an error. */
  readonly isReadable?: (body: RawJson) => boolean;
  /** The fields of the request with the customer's number, which M-Pesa names if it refuses it. */
  readonly customerFields?: ReadonlySet<string>;
};

/**
 * A call ends within this time, with both of its attempts and a new token. Shorter than `callTimeoutMs`, so that an order
 * is not woken while its call is under way.
 */
export const maxCallMs = 45_000;
/** A second attempt that would have less time than this is not made. */
const minAttemptMs = 5_000;

const tokenTimeoutMs = 8_000;
/** A token is replaced after this share of its lifetime, before it can expire during a call. */
const tokenRefreshShare = 0.8;
/** After a spike arrest (Apigee's rate limit), the shortcode sends no call for this long, in all processes. */
const spikePauseMs = 1_000;
/** A call that the shortcode's budget delays for longer is refused, and retried later. */
const maxBudgetWaitMs = 2_000;

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
  const elapsed = options.elapsed ?? (() => performance.now());
  const circuits = new Map<string, Circuit>();
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
    reading: Reading,
    deadline: number,
  ): Promise<Attempt> {
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
      Math.max(1, Math.floor(Math.min(timeoutMs, deadline - elapsed()))),
    );
    return attemptOf(raw, reading);
  }

  return {
    answers: (path) => circuitOf(path).isClosed(),
    post: async (path, shortcode, body, reading = {}) => {
      const deadline = elapsed() + maxCallMs;
      const result = await circuitOf(path).run(
        () => send(path, shortcode, body, reading, deadline),
        isUnanswered,
      );
      if (result !== null) return result;
      const code = "mpesa_paused";
      log.warn({ path, code }, "M-Pesa request not sent: too many are unanswered");
      return err(code, "M-Pesa does not answer right now.", "safe");
    },
  };

  function circuitOf(path: string): Circuit {
    const circuit = circuits.get(path) ?? createCircuit(elapsed);
    circuits.set(path, circuit);
    return circuit;
  }

  /** Waits until the shortcode may send a request. Returns false if that would take too long. */
  async function takeRequest(shortcode: string): Promise<boolean> {
    const until = elapsed() + maxBudgetWaitMs;
    for (;;) {
      const wait = await options.budget.take(shortcode);
      if (wait === 0) return true;
      if (elapsed() + wait > until) return false;
      await sleep(wait);
    }
  }

  async function send(
    path: string,
    shortcode: string,
    body: object,
    reading: Reading,
    deadline: number,
  ): Promise<Result<RawJson>> {
    if (!(await takeRequest(shortcode))) return rateLimited("500.003.02");
    const token = await usableToken(null);
    if (token === null) return tokenUnavailable();
    let { result, tokenRefused } = await attempt(path, body, token, reading, deadline);
    if (tokenRefused) {
      const next = await usableToken(token);
      if (next === null || deadline - elapsed() < minAttemptMs) return tokenUnavailable();
      ({ result, tokenRefused } = await attempt(path, body, next, reading, deadline));
    }
    if (!result.ok) {
      const { code, message } = result.error;
      if (spikeArrestCodes.has(code)) await options.budget.pause(shortcode, spikePauseMs);
      log.warn({ path, code }, "M-Pesa request failed");
      // Refused twice at the gate: nothing happened, and another token may be accepted later.
      if (tokenRefused) return err(code, message, "safe");
    }
    return result;
  }
}

/** The outcomes that show that M-Pesa hangs or cannot be reached; a refusal is an answer. */
function isUnanswered(result: Result<RawJson>): boolean {
  return !result.ok && (result.error.code === "timeout" || result.error.code === "network");
}

function rateLimited(code: string) {
  return err(code, "M-Pesa limits the request rate. The call is retried in a moment.", "safe");
}

function tokenUnavailable() {
  return err("token_unavailable", "M-Pesa cannot be reached right now.", "safe");
}

type Attempt = { readonly result: Result<RawJson>; readonly tokenRefused: boolean };

function attemptOf(raw: RawResponse, reading: Reading): Attempt {
  const result = resultOf(raw, reading);
  if (result.ok || raw.kind === "failure") return { result, tokenRefused: false };
  const body = parseRaw(raw.text) ?? undefined;
  const fault = member(body, "fault");
  const text = [
    member(body, "errorMessage"),
    member(body, "ResponseDescription"),
    member(fault, "faultstring"),
  ]
    .map((value) => textOf(value) ?? "")
    .join(" ");
  if (isMissingProduct(text)) {
    const { code } = result.error;
    return { result: err(code, mpesaSentences.request_rejected, "never"), tokenRefused: false };
  }
  return { result, tokenRefused: isTokenFault(raw.status, result.error.code, text) };
}

function resultOf(raw: RawResponse, { isReadable, customerFields }: Reading): Result<RawJson> {
  if (raw.kind === "failure") {
    return err(raw.code, "M-Pesa could not be reached or did not answer.", raw.retry);
  }
  const { status, text } = raw;
  const body = parseRaw(text);
  const code = textOf(member(body ?? undefined, "errorCode"));
  if (code !== null) {
    const message = textOf(member(body ?? undefined, "errorMessage")) ?? "";
    const field = namedField(message);
    const isCustomers = field !== null && customerFields?.has(field.replaceAll(" ", "")) === true;
    const told = isCustomers ? `Invalid customer's number` : message;
    const meaning = requestCodeOf(requestErrorCodes, code, told);
    const named = field === null ? "" : ` It names the field ${field}.`;
    return err(meaning.code, `${mpesaSentences[meaning.reason]}${named}`, meaning.retry);
  }
  if (body !== null && isReadable?.(body) === true) return ok(body);
  const fault = member(body ?? undefined, "fault");
  if (fault !== undefined) {
    const apigee = textOf(member(member(fault, "detail"), "errorcode")) ?? `http_${status}`;
    const { retry, reason } = requestCodeOf(requestErrorCodes, apigee, "");
    // The proxy checks rate limits before it forwards a request. Any other fault may occur afterwards.
    return err(apigee, mpesaSentences[reason], status === 429 ? "safe" : retry);
  }
  if (status === 429) return rateLimited("http_429");
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
