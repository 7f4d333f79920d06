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
import { checkInput } from "./input.ts";
import type { Input } from "./input.ts";
import { correlationIdOf, problemDocument, sendProblem } from "./problem.ts";
import type { RateLimits, RateLimitName } from "../app/rate-limits.ts";

/** What a handler is given: everything in it was validated. */
type Call<R extends Route> = {
  readonly params: RouteParams<R>;
  readonly query: RouteQuery<R>;
  readonly body: RouteBody<R>;
  /** Null only on routes without `auth: "access"`. */
  readonly principal: R["auth"] extends "access" ? Principal : null;
  /** On idempotent routes: the id for what the call creates, the same at every attempt with the same key. */
  readonly resourceId: R extends { readonly idempotent: true } ? string : null;
  readonly correlationId: string;
  readonly address: string;
  readonly log: Logger;
};

type Handler<R extends Route> = (call: Call<R>) => Promise<Result<RouteResponse<R>>>;
type StreamHandler<R extends Route> = (
  call: Call<R>,
  request: Request,
  response: Response,
) => Promise<Result<void>>;

/** A call before its route's types are known. `prepare` makes it to what the route says, so a handler may take it as such. */
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
  readonly answer: <R extends Route>(route: R, handler: Handler<R>) => void;
  /** For routes that answer with a stream; the handler writes only after it decided to. */
  readonly stream: <R extends Route>(route: R, handler: StreamHandler<R>) => void;
};

/** Binds handlers to the routes of the contract: rate limits, token, idempotency key and form come before any handler. */
export function createMount(app: Express, options: MountOptions): Mount {
  const { sessions, idempotencyKeys, rateLimits } = options;

  async function admit(response: Response, name: RateLimitName, key: string): Promise<boolean> {
    const admitted = await rateLimits.consume(name, key);
    if (admitted.ok) return true;
    const retryAfterSeconds = admitted.retryAfterSeconds ?? 1;
    sendProblem(response, "rate_limited", { detail: admitted.error.message, retryAfterSeconds });
    return false;
  }

  async function authenticate(request: Request, response: Response): Promise<Principal | null> {
    const header = request.get("authorization");
    if (header === undefined) {
      sendProblem(response, "token_missing", {
        detail: "Send an access token: Authorization: Bearer …",
      });
      return null;
    }
    const token = /^Bearer ([A-Za-z0-9_.-]{1,4096})$/i.exec(header)?.[1];
    const principal = token === undefined ? null : await sessions.authenticate(token);
    if (principal === null)
      sendProblem(response, "token_invalid", { detail: "The access token is not valid." });
    else if (!principal.ok) sendFailure(response, principal.error);
    else return principal.value;
    return null;
  }

  /** The validated call, or null when a problem was sent. */
  async function prepare(
    route: Route,
    request: Request,
    response: Response,
  ): Promise<AnyCall | null> {
    const address = request.ip ?? "unknown";
    if (!(await admit(response, "address", address))) return null;
    if (route.id === "login" || route.id === "refresh") {
      if (!(await admit(response, "login", address))) return null;
    }
    let principal: Principal | null = null;
    if (route.auth === "access") {
      principal = await authenticate(request, response);
      if (principal === null) return null;
      const name = route.idempotent === true ? "money" : "wallet";
      if (!(await admit(response, name, principal.walletId))) return null;
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
      return answerOnce(route, handler, call, call.principal, request, response);
    }
    const result = await handler(call);
    if (!result.ok) return sendFailure(response, result.error);
    sendJson(response, route.status, result.value);
  }

  async function answerOnce(
    route: Route,
    handler: AnyHandler,
    call: AnyCall,
    principal: Principal,
    request: Request,
    response: Response,
  ): Promise<void> {
    const key = request.get("idempotency-key");
    if (key === undefined) return sendProblem(response, "idempotency_key_missing");
    if (!idempotencyKeyPattern.test(key)) {
      return sendProblem(response, "idempotency_key_invalid", {
        detail: "An Idempotency-Key has 8 to 100 letters, digits or any of _ . : -",
      });
    }
    const once: IdempotentCall = {
      walletId: principal.walletId,
      route: [route.id, ...Object.values(call.params ?? {})].join("/"),
      key,
      body: call.body ?? null,
    };
    const admission = await idempotencyKeys.begin(once);
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
      await idempotencyKeys.release(once);
      throw error;
    }
    if (result.ok) {
      await idempotencyKeys.finish(once, { status: route.status, body: result.value });
      return sendJson(response, route.status, result.value);
    }
    // Only an answer that would be the same next time is worth keeping.
    if (result.error.retry === "never") {
      const code = problemCodeOf(result.error, call.log);
      const body = problemDocument(code, call.correlationId, { detail: result.error.message });
      await idempotencyKeys.finish(once, { status: problems[code].status, body });
    } else {
      await idempotencyKeys.release(once);
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

/** A failure whose code is not of the contract is a fault of ours, but never hides whether money may have moved. */
function problemCodeOf(failure: Failure, log: Logger): ProblemCode {
  if (isProblemCode(failure.code)) return failure.code;
  log.error({ code: failure.code, retry: failure.retry }, "a failure has no problem code");
  return failure.retry === "safe" ? "service_unavailable" : "internal_error";
}
