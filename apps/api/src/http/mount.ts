import type { Express, Request, Response } from "express";
import { idempotencyKeyPattern, isProblemCode, problems } from "@satsconnect/contracts";
import type {
  ProblemCode,
  Route,
  RouteBody,
  RouteParams,
  RouteQuery,
  RouteResponse,
} from "@satsconnect/contracts";
import type { Failure, Result } from "@satsconnect/money";
import type { Principal } from "../app/auth/access-token.ts";
import type { Sessions } from "../app/auth/sessions.ts";
import type { Logger } from "../app/logger.ts";
import type { IdempotencyKeys, IdempotentCall } from "../app/idempotency.ts";
import { addressRange } from "./address-range.ts";
import { authenticateBearer } from "./bearer.ts";
import { checkInput } from "./input.ts";
import type { Input } from "./input.ts";
import { correlationIdOf, problemDocument, sendProblem } from "./problem.ts";
import type { RateLimits, RateLimitName } from "../app/rate-limits.ts";

/** The argument of a handler. Every part is validated. */
type Call<R extends Route> = {
  readonly params: RouteParams<R>;
  readonly query: RouteQuery<R>;
  readonly body: RouteBody<R>;
  /** Null on routes without `auth: "access"`. */
  readonly principal: R["auth"] extends "access" ? Principal : null;
  /**
   * On idempotent routes, the id of the resource that the call creates. It is the same for every attempt with the
   * same key.
   */
  readonly resourceId: R extends { readonly idempotent: true } ? string : null;
  readonly correlationId: string;
  /** The client's IP address. */
  readonly address: string;
  readonly log: Logger;
};

type Handler<R extends Route> = (call: Call<R>) => Promise<Result<RouteResponse<R>>>;
type StreamHandler<R extends Route> = (
  call: Call<R>,
  request: Request,
  response: Response,
) => Promise<Result<void>>;

/**
 * A call whose route type is not known statically. `prepare` has validated it against the route, so it can be cast to the
 * handler's `Call`.
 */
type AnyCall = Input & {
  readonly principal: Principal | null;
  readonly resourceId: string | null;
  readonly correlationId: string;
  readonly address: string;
  readonly log: Logger;
};
type AnyHandler = (call: AnyCall) => Promise<Result<unknown>>;
type AnyStreamHandler = (
  call: AnyCall,
  request: Request,
  response: Response,
) => Promise<Result<void>>;

export type MountOptions = {
  readonly sessions: Sessions;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly rateLimits: RateLimits;
  readonly log: Logger;
};

export type Mount = {
  /** For routes that answer with JSON. */
  readonly answer: <R extends Route>(route: R, handler: Handler<R>) => void;
  /** For routes that answer with a stream. A handler that returns an error must not have written to the response. */
  readonly stream: <R extends Route>(route: R, handler: StreamHandler<R>) => void;
};

type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly code: ProblemCode; readonly detail: string };

/**
 * Binds handlers to the routes of the contract. Rate limits, the access token, the idempotency key and the input are
 * checked before a handler runs.
 */
export function createMount(app: Express, options: MountOptions): Mount {
  const { sessions, idempotencyKeys, rateLimits } = options;

  async function consumeRateLimit(
    response: Response,
    name: RateLimitName,
    key: string,
  ): Promise<boolean> {
    const admitted = await rateLimits.consume(name, key);
    if (admitted.ok) return true;
    const retryAfterSeconds = admitted.retryAfterSeconds ?? 1;
    sendProblem(response, "rate_limited", { detail: admitted.error.message, retryAfterSeconds });
    return false;
  }

  async function authenticate(request: Request): Promise<Authentication> {
    const header = request.get("authorization");
    if (header === undefined) {
      const detail = "Send an access token: Authorization: Bearer …";
      return { ok: false, code: "token_missing", detail };
    }
    const principal = await authenticateBearer(sessions, header);
    if (principal === null) {
      const detail = "The access token is not valid; sign in again.";
      return { ok: false, code: "token_invalid", detail };
    }
    if (principal.ok) return { ok: true, principal: principal.value };
    const { code, message } = principal.error;
    return { ok: false, code, detail: message };
  }

  /** Returns the validated call, or null after answering with a problem. */
  async function prepare(
    route: Route,
    request: Request,
    response: Response,
  ): Promise<AnyCall | null> {
    const address = request.ip ?? "unknown";
    const range = addressRange(address);
    let principal: Principal | null = null;
    if (route.auth === "access") {
      const authenticated = await authenticate(request);
      // Phones behind one address of a carrier have budgets of their own once they are signed in.
      if (!authenticated.ok) {
        if (await consumeRateLimit(response, "address", range)) {
          sendProblem(response, authenticated.code, { detail: authenticated.detail });
        }
        return null;
      }
      principal = authenticated.principal;
      const name = route.idempotent === true ? "money" : "wallet";
      if (!(await consumeRateLimit(response, name, principal.walletId))) return null;
    } else {
      const name = route.id === "login" || route.id === "refresh" ? "login" : "address";
      if (!(await consumeRateLimit(response, name, range))) return null;
    }
    const input = checkInput(route, request, response);
    if (input === null) return null;
    const correlationId = correlationIdOf(response);
    return {
      ...input,
      principal,
      resourceId: null,
      correlationId,
      address,
      log: options.log.child({ correlationId, route: route.id }),
    };
  }

  async function answer(
    route: Route,
    handler: AnyHandler,
    request: Request,
    response: Response,
  ): Promise<void> {
    const call = await prepare(route, request, response);
    if (call === null) return;
    if (route.idempotent === true && call.principal !== null) {
      return answerIdempotent(route, handler, call, call.principal, request, response);
    }
    const result = await handler(call);
    if (!result.ok) return sendFailure(response, result.error);
    sendJson(response, route.status, result.value);
  }

  async function answerIdempotent(
    route: Route,
    handler: AnyHandler,
    call: AnyCall,
    principal: Principal,
    request: Request,
    response: Response,
  ): Promise<void> {
    const key = request.get("idempotency-key");
    if (key === undefined)
      return sendProblem(response, "idempotency_key_missing", {
        detail: "Send an Idempotency-Key header, for example a new UUID.",
      });
    if (!idempotencyKeyPattern.test(key)) {
      return sendProblem(response, "idempotency_key_invalid", {
        detail: "Idempotency-Key must have 8 to 100 characters: letters, digits and _ . : -",
      });
    }
    const idempotentCall: IdempotentCall = {
      walletId: principal.walletId,
      route: [route.id, ...Object.values(call.params ?? {})].join("/"),
      key,
      body: call.body ?? null,
    };
    const admission = await idempotencyKeys.begin(idempotentCall);
    if (!admission.ok) return sendFailure(response, admission.error);
    if (admission.value.kind === "replay") {
      const { status, body } = admission.value.answer;
      response.setHeader("idempotency-replayed", "true");
      return sendStored(response, status, body);
    }
    let result: Result<unknown>;
    try {
      result = await handler({ ...call, resourceId: admission.value.resourceId });
    } catch (error) {
      await idempotencyKeys.release(idempotentCall);
      throw error;
    }
    if (result.ok) {
      await idempotencyKeys.finish(idempotentCall, { status: route.status, body: result.value });
      return sendJson(response, route.status, result.value);
    }
    // Store only failures that a retry would repeat.
    if (result.error.retry === "never") {
      const code = problemCodeOf(result.error, call.log);
      const body = problemDocument(code, call.correlationId, { detail: result.error.message });
      await idempotencyKeys.finish(idempotentCall, { status: problems[code].status, body });
    } else {
      await idempotencyKeys.release(idempotentCall);
    }
    sendFailure(response, result.error);
  }

  function sendFailure(response: Response, failure: Failure): void {
    sendProblem(response, problemCodeOf(failure, options.log), { detail: failure.message });
  }

  const register = (
    route: Route,
    handle: (request: Request, response: Response) => Promise<void>,
  ): void => {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    app[route.method](path, (request, response) => {
      response.locals["route"] = route.id;
      return handle(request, response);
    });
  };

  return {
    answer: (route, handler) =>
      register(route, (request, response) =>
        answer(route, handler as unknown as AnyHandler, request, response),
      ),
    stream: (route, handler) =>
      register(route, async (request, response) => {
        const call = await prepare(route, request, response);
        if (call === null) return;
        const started = await (handler as unknown as AnyStreamHandler)(call, request, response);
        if (!started.ok) sendFailure(response, started.error);
      }),
  };
}

function sendJson(response: Response, status: number, value: unknown): void {
  response.setHeader("cache-control", "no-store");
  if (status === 204) response.status(204).end();
  else response.status(status).json(value);
}

function sendStored(response: Response, status: number, body: unknown): void {
  response.setHeader("cache-control", "no-store");
  response
    .status(status)
    .type(status >= 400 ? "application/problem+json" : "application/json")
    .send(JSON.stringify(body));
}

/**
 * A failure code that is not in the contract is a bug. `retry` still decides the status, so the caller learns whether
 * money may have moved.
 */
function problemCodeOf(failure: Failure, log: Logger): ProblemCode {
  if (isProblemCode(failure.code)) return failure.code;
  log.error({ code: failure.code, retry: failure.retry }, "failure code is not in the contract");
  return failure.retry === "safe" ? "service_unavailable" : "internal_error";
}
