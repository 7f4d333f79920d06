import type { Request, Response } from "express";
import { z } from "zod";
import type { Endpoint } from "@satsconnect/contracts";
import { sendProblem } from "./problem.ts";
import { check } from "./validation.ts";

/** The validated parts of a request; undefined for parts that the route does not have. */
export type Input = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

const noQuery = z.strictObject({});

/** Validates a request against its route. Returns null after answering with a problem. */
export function checkInput(route: Endpoint, request: Request, response: Response): Input | null {
  const hasBody = request.body !== undefined;
  if (route.method !== "get" && hasContent(request) && request.is("application/json") === false) {
    sendProblem(response, "content_type_unsupported", {
      detail: "Send the body as JSON, with Content-Type: application/json.",
    });
    return null;
  }
  if (route.body === undefined && hasBody && !isEmptyObject(request.body)) {
    sendProblem(response, "invalid_request", {
      detail: "This route takes no body; send none or {}.",
    });
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

function isEmptyObject(body: unknown): boolean {
  return (
    typeof body === "object" &&
    body !== null &&
    !Array.isArray(body) &&
    Object.keys(body).length === 0
  );
}
