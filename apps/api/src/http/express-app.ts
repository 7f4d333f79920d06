import { randomUUID } from "node:crypto";
import cors from "cors";
import express from "express";
import type { ErrorRequestHandler, Express, RequestHandler } from "express";
import helmet from "helmet";
import { routes } from "@satsconnect/contracts";
import type { ProblemCode, Route } from "@satsconnect/contracts";
import type { Logger } from "../app/logger.ts";
import type { HttpMetrics } from "./metrics.ts";
import { correlationIdOf, sendProblem } from "./problem.ts";

export type AppOptions = {
  readonly log: Logger;
  readonly metrics: HttpMetrics;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: number;
  readonly now: () => number;
};

const bodyLimit = "64kb";

/**
 * An Express app with the middleware that runs before every route. Mount the routes next, then call `mountFallbacks`.
 */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", options.trustedProxies);
  app.set("query parser", "simple");
  app.set("etag", false);
  app.use(correlateAndLog(options));
  app.use((_request, response, next) => {
    // The operator's time, not this process's: wallets judge prices and invoices by it.
    response.setHeader("date", new Date(options.now()).toUTCString());
    next();
  });
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          "default-src": ["'none'"],
          "style-src": ["'self'"],
          "base-uri": ["'none'"],
          "form-action": ["'none'"],
          "frame-ancestors": ["'none'"],
        },
      },
      crossOriginResourcePolicy: { policy: "cross-origin" },
      strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
    }),
  );
  app.use(
    cors({
      origin: [...options.corsOrigins],
      methods: ["GET", "POST", "DELETE"],
      allowedHeaders: [
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "Last-Event-ID",
        "X-Request-Id",
      ],
      // Wallets learn the operator's time from `Date`.
      exposedHeaders: ["Date", "Idempotency-Replayed", "Retry-After", "X-Request-Id"],
      maxAge: 3_600,
    }),
  );
  // Only `/api` bodies are parsed here: M-Pesa's callbacks are stored as received, and their routes read the body.
  app.use("/api", express.json({ limit: bodyLimit, strict: true, type: "application/json" }));
  return app;
}

/** Mounts the handlers for an unknown path, an unsupported method and a thrown error. */
export function mountFallbacks(app: Express, log: Logger): void {
  const methods = new Map<string, string[]>();
  for (const route of Object.values<Route>(routes)) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    methods.set(path, [...(methods.get(path) ?? []), route.method.toUpperCase()]);
  }
  for (const [path, supported] of methods) {
    app.all(path, (request, response) => {
      const allow = supported.join(", ");
      sendProblem(response, "method_not_allowed", {
        detail: `This path does not support ${request.method}; it supports ${allow}.`,
        allow,
      });
    });
  }
  app.use((_request, response) => {
    sendProblem(response, "route_not_found", {
      detail: "No route has this path; /docs lists all routes.",
    });
  });
  app.use(errorHandler(log));
}

function correlateAndLog({ log, metrics, now }: AppOptions): RequestHandler {
  return (request, response, next) => {
    const startedAt = now();
    const sentId = request.get("x-request-id");
    const correlationId =
      sentId !== undefined && /^[A-Za-z0-9-]{8,64}$/.test(sentId) ? sentId : randomUUID();
    response.locals["correlationId"] = correlationId;
    response.setHeader("x-request-id", correlationId);
    response.once("close", () => {
      const milliseconds = now() - startedAt;
      const route =
        typeof response.locals["route"] === "string" ? response.locals["route"] : "none";
      metrics.observe(request.method, route, response.statusCode, milliseconds);
      const level = logLevelOf(response.statusCode, route);
      log[level](
        {
          correlationId,
          method: request.method,
          route,
          status: response.statusCode,
          milliseconds,
          aborted: !response.writableFinished,
        },
        "request",
      );
    });
    next();
  };
}

/** A 503 is returned deliberately, so it is a warning; every other 5xx is an error. */
function logLevelOf(status: number, route: string): "debug" | "info" | "warn" | "error" {
  if (status === 503) return "warn";
  if (status >= 500) return "error";
  return route === "health" ? "debug" : "info";
}

/**
 * Maps the errors of Express and its body parser by their `type` and `status`; null for any other error, which is a
 * bug.
 */
function problemCodeOfError(error: object): ProblemCode | null {
  const type = "type" in error ? error.type : undefined;
  switch (type) {
    case "entity.too.large":
      return "body_too_large";
    case "charset.unsupported":
    case "encoding.unsupported":
      return "content_type_unsupported";
    case "entity.parse.failed":
    case "entity.verify.failed":
    case "request.aborted":
    case "request.size.invalid":
    case "stream.encoding.set":
      return "body_malformed";
    default: {
      const status = "status" in error ? error.status : undefined;
      return typeof status === "number" && status >= 400 && status < 500 ? "invalid_request" : null;
    }
  }
}

const details: Partial<Record<ProblemCode, string>> = {
  body_malformed: "The body must be a valid JSON object.",
  body_too_large: "The body must not exceed 64 KB.",
  content_type_unsupported: "Send the body as JSON in UTF-8, either uncompressed or with gzip.",
  invalid_request: "The URL or a header is malformed.",
};

function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const code = typeof error === "object" && error !== null ? problemCodeOfError(error) : null;
    if (code === null)
      log.error({ correlationId: response.locals["correlationId"], error }, "request failed");
    // The status was already sent. Express closes the connection.
    if (response.headersSent) return next(error);
    if (code === null)
      return sendProblem(response, "internal_error", {
        detail: `An internal error occurred (request id ${correlationIdOf(response)}). Check whether the request took effect before you retry.`,
      });
    const detail = details[code];
    sendProblem(response, code, detail === undefined ? {} : { detail });
  };
}
