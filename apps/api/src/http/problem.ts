import type { Response } from "express";
import { problemContentType, problems } from "@satsconnect/contracts";
import type { Problem, ProblemCode } from "@satsconnect/contracts";

export type ProblemDetails = {
  readonly detail?: string;
  readonly errors?: Problem["errors"];
  readonly retryAfterSeconds?: number;
  /** The `Allow` header of a 405: the methods that the path supports. */
  readonly allow?: string;
};

/** The problem document (RFC 9457) of one failure. `instance` is the request's correlation id. */
export function problemDocument(
  code: ProblemCode,
  instance: string,
  details: ProblemDetails = {},
): Problem {
  const { status, title, retry } = problems[code];
  return {
    type: `/docs#problem-${code}`,
    title,
    status,
    code,
    detail: details.detail ?? `${title}.`,
    retry,
    instance,
    ...(details.errors === undefined ? {} : { errors: details.errors }),
  };
}

export function sendProblem(
  response: Response,
  code: ProblemCode,
  details: ProblemDetails = {},
): void {
  const document = problemDocument(code, correlationIdOf(response), details);
  if (document.status === 401) response.setHeader("www-authenticate", challenge(code));
  if (details.allow !== undefined) response.setHeader("allow", details.allow);
  const retryAfter = details.retryAfterSeconds ?? (document.status === 503 ? 5 : undefined);
  if (retryAfter !== undefined)
    response.setHeader("retry-after", String(Math.max(1, Math.ceil(retryAfter))));
  response.setHeader("cache-control", "no-store");
  response.status(document.status).type(problemContentType).send(JSON.stringify(document));
}

export function correlationIdOf(response: Response): string {
  return String(response.locals["correlationId"]);
}

/** The `WWW-Authenticate` header (RFC 6750, section 3). */
function challenge(code: ProblemCode): string {
  return code === "token_missing" ? "Bearer" : 'Bearer error="invalid_token"';
}
