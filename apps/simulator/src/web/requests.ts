import type { Request, Response } from "express";
import type { z } from "zod";
import type { Handler } from "./app.ts";
import { sendProblem } from "./responses.ts";

/** A named part of the path; empty when the path has no such part. */
export function pathParameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === "string" ? value : "";
}

export function queryOf(request: Request): URLSearchParams {
  const { originalUrl } = request;
  const question = originalUrl.indexOf("?");
  return new URLSearchParams(question === -1 ? "" : originalUrl.slice(question));
}

export function bodyText(request: Request): string {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body.toString("utf8") : "";
}

/** The fields of a submitted form. */
export function formOf(request: Request): URLSearchParams {
  return new URLSearchParams(bodyText(request));
}

/**
 * Validates a JSON body before the handler runs. Requiring `application/json` also stops other sites: a browser does not
 * send that type across origins without a preflight.
 */
export function withJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  handle: (body: z.output<Schema>, request: Request, response: Response) => void | Promise<void>,
): Handler {
  return (request, response) => {
    if (!/^application\/json\b/i.test(request.get("content-type") ?? "")) {
      sendProblem(response, 415, "unsupported_media_type", "Send the body as application/json.");
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(bodyText(request));
    } catch {
      sendProblem(response, 400, "malformed_json", "The body is not JSON.");
      return;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return handle(parsed.data, request, response);
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join(".") || "body"}: ${message}`,
    );
    sendProblem(response, 422, "invalid_body", problems.join("; "));
  };
}
