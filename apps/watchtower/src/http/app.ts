import express from "express";
import type { ErrorRequestHandler, Express, Request, Response } from "express";
import { maxTowerRequestBytes } from "@satsconnect/contracts/watchtower";
import { addressRange } from "@satsconnect/lightning";
import { clientAddress } from "@satsconnect/lightning/nodejs";
import type { ProxyCheck } from "@satsconnect/lightning/nodejs";
import type { Logger } from "../logger.ts";
import { httpPolicy } from "../policy.ts";
import { Budget } from "../requests/budget.ts";
import type { RequestService, UnsignedRefusal } from "../requests/service.ts";

export type HttpAppOptions = {
  readonly service: RequestService;
  /** Throws if the watchtower cannot store anything now. */
  readonly checkHealth: () => void;
  readonly isProxy: ProxyCheck;
  readonly requestsPerMinute: number;
  readonly now: () => number;
  readonly logger: Logger;
};

const statuses: Readonly<Record<UnsignedRefusal, number>> = {
  tower_request_malformed: 400,
  tower_signature_invalid: 401,
  tower_key_differs: 421,
  tower_rate_limited: 429,
  tower_full: 507,
};

/** `POST /v1/requests` for wallets on any origin, and `GET /health`. */
export function createHttpApp(options: HttpAppOptions): Express {
  const { service, checkHealth, isProxy, logger } = options;
  const perRange = new Budget(options.requestsPerMinute, 60_000, options.now);
  const rangeOf = (request: Request): string | undefined => {
    const address = clientAddress(request, isProxy);
    return address === undefined ? undefined : addressRange(address);
  };
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use((_request, response, next) => {
    // any page may ask: requests are authorised by their signature, not by a cookie
    response.set({
      "access-control-allow-origin": "*",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    next();
  });

  app.get("/health", (_request, response) => {
    checkHealth();
    response.json({ status: "ok" });
  });

  app.options("/v1/requests", (_request, response) => {
    response.set({
      "access-control-allow-headers": "content-type",
      "access-control-allow-methods": "POST",
      "access-control-max-age": String(httpPolicy.preflightSeconds),
    });
    response.status(204).end();
  });
  app.post(
    "/v1/requests",
    (request, response, next) => {
      // before the body is read and a signature is checked
      if (perRange.take(rangeOf(request) ?? "")) next();
      else sendProblem(response, 429, "tower_rate_limited", "Too many requests.");
    },
    express.json({ limit: maxTowerRequestBytes, inflate: false }),
    (request, response) => {
      const answered = service.answer(request.body as unknown, rangeOf(request));
      if (answered.ok) response.json(answered.value);
      else {
        const { code, message } = answered.error;
        sendProblem(response, statuses[code], code, message);
      }
    },
  );

  app.use((_request, response) => {
    sendProblem(response, 404, "not_found", "There is nothing at this address.");
  });
  const answerError: ErrorRequestHandler = (
    error: { readonly status?: unknown },
    _request,
    response,
    _next,
  ) => {
    if (response.headersSent || response.destroyed) response.destroy();
    else if (typeof error.status === "number" && error.status >= 400 && error.status < 500) {
      sendProblem(response, error.status, "tower_request_malformed", "The body cannot be read.");
    } else {
      logger.error({ err: error }, "request failed");
      sendProblem(response, 500, "internal", "The watchtower failed.");
    }
  };
  app.use(answerError);
  return app;
}

/** An RFC 9457 problem document. */
function sendProblem(response: Response, status: number, code: string, detail: string): void {
  response
    .status(status)
    .type("application/problem+json")
    .send(JSON.stringify({ type: `about:blank#${code}`, title: code, status, code, detail }));
}
