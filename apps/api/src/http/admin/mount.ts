import type { Express, Request, Response } from "express";
import { isProblemCode } from "@satsconnect/contracts";
import type {
  ProblemCode,
  RouteBody,
  RouteParams,
  RouteQuery,
  RouteResponse,
} from "@satsconnect/contracts";
import type { AdminRoute } from "@satsconnect/contracts/admin";
import type { Failure, Result } from "@satsconnect/money";
import type { AdminPrincipal } from "../../app/admin/ports.ts";
import type { OpenedSession } from "../../app/admin/sessions.ts";
import type { Logger } from "../../app/logger.ts";
import type { RateLimits } from "../../app/rate-limits.ts";
import { checkInput } from "../input.ts";
import { correlationIdOf, sendProblem } from "../problem.ts";
import type { Callers } from "./callers.ts";

/** The argument of a handler. Every part is validated. */
type AdminCall<R extends AdminRoute> = {
  readonly params: RouteParams<R>;
  readonly query: RouteQuery<R>;
  readonly body: RouteBody<R>;
  readonly principal: R["auth"] extends "operator" ? AdminPrincipal : null;
  readonly openSession: (session: OpenedSession) => void;
  readonly endSession: () => Promise<void>;
  readonly log: Logger;
};

type Handler<R extends AdminRoute> = (call: AdminCall<R>) => Promise<Result<RouteResponse<R>>>;
type AnyHandler = (call: unknown) => Promise<Result<unknown>>;

export type AdminMount = {
  readonly answer: <R extends AdminRoute>(route: R, handler: Handler<R>) => void;
};

/** Binds handlers to the routes of the admin contract: rate limits, the caller and the input are checked before. */
export function createAdminMount(
  app: Express,
  options: { readonly callers: Callers; readonly rateLimits: RateLimits; readonly log: Logger },
): AdminMount {
  const { callers, rateLimits } = options;

  async function isAdmitted(route: AdminRoute, request: Request, response: Response) {
    const name = route.auth === "none" ? "admin_login" : "admin";
    const admitted = await rateLimits.consume(name, request.socket.remoteAddress ?? "unknown");
    if (admitted.ok) return true;
    sendProblem(response, "rate_limited", {
      detail: admitted.error.message,
      retryAfterSeconds: admitted.retryAfterSeconds ?? 1,
    });
    return false;
  }

  async function answer(
    route: AdminRoute,
    handler: AnyHandler,
    request: Request,
    response: Response,
  ): Promise<void> {
    response.setHeader("cache-control", "no-store");
    if (!(await isAdmitted(route, request, response))) return;
    let principal: AdminPrincipal | null = null;
    if (route.auth === "operator") {
      const caller = await callers.authenticate(request);
      if (!caller.ok) return sendFailure(response, caller.error);
      principal = caller.value;
    }
    // Forms of other sites cannot send this type without a preflight, which is never granted.
    if (route.method !== "get" && request.is("application/json") === false) {
      return sendProblem(response, "content_type_unsupported", {
        detail: "Send the body as JSON, with Content-Type: application/json.",
      });
    }
    const input = checkInput(route, request, response);
    if (input === null) return;
    const correlationId = correlationIdOf(response);
    const result = await handler({
      ...input,
      principal,
      openSession: (session: OpenedSession) => callers.openSession(response, session),
      endSession: () => callers.endSession(request, response),
      log: options.log.child({
        correlationId,
        route: route.id,
        ...(principal === null ? {} : { operator: principal.operator.name }),
      }),
    });
    if (!result.ok) return sendFailure(response, result.error);
    if (route.status === 204) response.status(204).end();
    else response.status(route.status).json(result.value);
  }

  function sendFailure(response: Response, failure: Failure): void {
    sendProblem(response, problemCodeOf(failure, options.log), { detail: failure.message });
  }

  return {
    answer: (route, handler) => {
      // The holder of a certificate does not sign in.
      if (route.auth === "none" && callers.via === "certificate") return;
      const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
      app[route.method](path, (request, response) => {
        response.locals["route"] = `admin.${route.id}`;
        return answer(route, handler as unknown as AnyHandler, request, response);
      });
    },
  };
}

/** A failure code that is not in the contract is a bug; `retry` still tells whether the act may have happened. */
function problemCodeOf(failure: Failure, log: Logger): ProblemCode {
  if (isProblemCode(failure.code)) return failure.code;
  log.error({ code: failure.code, retry: failure.retry }, "failure code is not in the contract");
  return failure.retry === "safe" ? "service_unavailable" : "internal_error";
}
