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
import { z } from "zod";
import type { Principal } from "../auth/access-token.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { Logger } from "../logger.ts";
import type { IdempotencyKeys, IdempotentCall } from "./idempotency.ts";
import { correlationIdOf, problemDocument, sendProblem } from "./problem.ts";
import type { RateLimits, RateLimitName } from "./rate-limit.ts";
import { check } from "./validation.ts";

/** What a handler is given: everything in it was validated. */
export type Call<R extends Route> = {
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

export type Handler<R extends Route> = (call: Call<R>) => Promise<Result<RouteResponse<R>>>;
export type StreamHandler<R extends Route> = (
  call: Call<R>,
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
  ): Promise<Call<Route> | null> {
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
      principal: principal as never,
      resourceId: null as never,
      correlationId,
      address,
      log: options.log.child({ correlationId, route: route.id }),
    };
  }

  async function answer<R extends Route>(
    route: R,
    handler: Handler<R>,
    request: Request,
    response: Response,
  ): Promise<void> {
    const call = await prepare(route, request, response);
    if (call === null) return;
    if (route.idempotent === true) return answerOnce(route, handler, call, request, response);
    const result = await handler(call);
    if (!result.ok) return sendFailure(response, result.error);
    sendJson(response, route.status, result.value);
  }

  async function answerOnce(
    route: Route,
    handler: Handler<Route>,
    call: Call<Route>,
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
    const principal = call.principal as unknown as Principal;
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
      result = await handler({ ...call, resourceId: admission.value.resourceId as never });
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
      register(route, (request, response) => answer(route, handler, request, response)),
    stream: (route, handler) =>
      register(route, async (request, response) => {
        const call = await prepare(route, request, response);
        if (call === null) return;
        const started = await handler(call, request, response);
        if (!started.ok) sendFailure(response, started.error);
      }),
  };
}

const noQuery = z.strictObject({});

function checkInput(
  route: Route,
  request: Request,
  response: Response,
): { readonly params: never; readonly query: never; readonly body: never } | null {
  const hasBody = request.body !== undefined;
  if (route.method !== "get" && hasContent(request) && request.is("application/json") === false) {
    sendProblem(response, "content_type_unsupported", {
      detail: "Send the body as JSON, with Content-Type: application/json.",
    });
    return null;
  }
  if (route.body === undefined && hasBody && !canBeNothing(request.body)) {
    sendProblem(response, "request_invalid", { detail: "This call takes no body." });
    return null;
  }
  const params = route.params === undefined ? null : check(route.params, request.params, "params");
  const query = check(route.query ?? noQuery, request.query, "query");
  const body = route.body === undefined ? null : check(route.body, request.body, "body");
  for (const part of [params, query, body]) {
    if (part === null || part.ok) continue;
    sendProblem(response, part.error.code, {
      detail: part.error.detail,
      errors: part.error.errors,
    });
    return null;
  }
  return {
    params: (params?.ok === true ? params.value : undefined) as never,
    query: (query.ok && route.query !== undefined ? query.value : undefined) as never,
    body: (body?.ok === true ? body.value : undefined) as never,
  };
}

function hasContent(request: Request): boolean {
  return (
    request.headers["transfer-encoding"] !== undefined ||
    Number(request.headers["content-length"] ?? 0) > 0
  );
}

function canBeNothing(body: unknown): boolean {
  return (
    typeof body === "object" &&
    body !== null &&
    !Array.isArray(body) &&
    Object.keys(body).length === 0
  );
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
