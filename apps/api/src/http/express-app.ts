import { randomUUID } from "node:crypto";
import cors from "cors";
import express from "express";
import type { ErrorRequestHandler, Express, RequestHandler } from "express";
import helmet from "helmet";
import { routes } from "@satsconnect/contracts";
import type { ProblemCode, Route } from "@satsconnect/contracts";
import type { Logger } from "../app/logger.ts";
import type { HttpMetrics } from "./metrics.ts";
import { sendProblem } from "./problem.ts";

export type AppOptions = {
  readonly log: Logger;
  readonly metrics: HttpMetrics;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: number;
  readonly now: () => number;
};

const bodyLimit = "64kb";

/** Express with everything that comes before a route. Routes are mounted next, then `closeApp`. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", options.trustedProxies);
  app.set("query parser", "simple");
  app.set("etag", false);
  app.use(correlation(options));
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
      exposedHeaders: ["Idempotency-Replayed", "Retry-After", "X-Request-Id"],
      maxAge: 3_600,
    }),
  );
  // M-Pesa's callbacks are kept as the bytes that came; their routes read the body themselves.
  app.use("/api", express.json({ limit: bodyLimit, strict: true, type: "application/json" }));
  return app;
}

/** What comes after all routes: no such address, no such method, and faults. */
export function closeApp(app: Express, log: Logger): void {
  const methods = new Map<string, string[]>();
  for (const route of Object.values<Route>(routes)) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    methods.set(path, [...(methods.get(path) ?? []), route.method.toUpperCase()]);
  }
  for (const [path, known] of methods) {
    app.all(path, (_request, response) => {
      const allow = known.join(", ");
      sendProblem(response, "method_not_allowed", {
        detail: `This address knows ${allow}.`,
        allow,
      });
    });
  }
  app.use((_request, response) => {
    sendProblem(response, "route_not_found", {
      detail: "There is nothing at this address. /docs lists what there is.",
    });
  });
  app.use(faults(log));
}

function correlation({ log, metrics, now }: AppOptions): RequestHandler {
  return (request, response, next) => {
    const startedAt = now();
    const given = request.get("x-request-id");
    const correlationId =
      given !== undefined && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID();
    response.locals["correlationId"] = correlationId;
    response.setHeader("x-request-id", correlationId);
    response.once("close", () => {
      const milliseconds = now() - startedAt;
      const route =
        typeof response.locals["route"] === "string" ? response.locals["route"] : "none";
      metrics.observe(request.method, route, response.statusCode, milliseconds);
      const level = levelOf(response.statusCode, route);
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

/** 503 is an answer that was decided on; any other 5xx is a fault. */
function levelOf(status: number, route: string): "debug" | "info" | "warn" | "error" {
  if (status === 503) return "warn";
  if (status >= 500) return "error";
  return route === "health" ? "debug" : "info";
}

/** What Express and its body parser throw, by the `type` and `status` that they give it. */
function problemOfThrown(error: object): ProblemCode | null {
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

const explanations: Partial<Record<ProblemCode, string>> = {
  body_malformed: "The body is not valid JSON, or not an object.",
  body_too_large: "The body may have 64 KB at most.",
  content_type_unsupported: "Send the body as uncompressed or gzip JSON in UTF-8.",
  invalid_request: "The address or a header cannot be read.",
};

function faults(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const known = typeof error === "object" && error !== null ? problemOfThrown(error) : null;
    if (known === null)
      log.error({ correlationId: response.locals["correlationId"], error }, "a request failed");
    // Half an answer cannot be taken back; Express closes the connection.
    if (response.headersSent) return next(error);
    if (known === null)
      return sendProblem(response, "internal_error", {
        detail: "Something broke on our side. It was recorded.",
      });
    const detail = explanations[known];
    sendProblem(response, known, detail === undefined ? {} : { detail });
  };
}
