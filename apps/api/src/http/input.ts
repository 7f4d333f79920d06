import type { Request, Response } from "express";
import { z } from "zod";
import type { Route } from "@satsconnect/contracts";
import { sendProblem } from "./problem.ts";
import { check } from "./validation.ts";

/** The parts of a request as their schemas give them; undefined where the route has none. */
export type Input = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

const noQuery = z.strictObject({});

/** Checks a request against its route. Null when it was refused, with its problem sent. */
export function checkInput(route: Route, request: Request, response: Response): Input | null {
  const hasBody = request.body !== undefined;
  if (route.method !== "get" && hasContent(request) && request.is("application/json") === false) {
    sendProblem(response, "content_type_unsupported", {
      detail: "Send the body as JSON, with Content-Type: application/json.",
    });
    return null;
  }
  if (route.body === undefined && hasBody && !canBeNothing(request.body)) {
    sendProblem(response, "invalid_request", { detail: "This call takes no body." });
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
    params: params?.ok === true ? params.value : undefined,
    query: query.ok && route.query !== undefined ? query.value : undefined,
    body: body?.ok === true ? body.value : undefined,
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
