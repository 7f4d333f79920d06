import express from "express";
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import { sendProblem } from "./responses.ts";

/**
 * An Express app that reads bodies of every content type as bytes: Daraja's clients do not always send the right one.
 */
export function createApp(): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("strict routing", true);
  app.set("case sensitive routing", true);
  app.use(express.raw({ type: () => true, limit: "64kb", inflate: false }));
  return app;
}

/** Adds the answers for unknown paths and for errors. Call it after the routes. */
export function closeApp(app: Express, logger: Logger): void {
  app.use((_request, response) => {
    sendProblem(response, 404, "not_found", "There is nothing at this address.");
  });
  app.use(answerError(logger));
}

export type Handler = (request: Request, response: Response) => void | Promise<void>;
type Method = "get" | "post" | "put" | "patch" | "delete";

/** Adds a path such as `/handset/:msisdn`. Other methods than the given ones are answered 405. */
export function route(
  app: Express,
  path: string,
  handlers: Readonly<Partial<Record<Method, Handler>>>,
): void {
  const expressRoute = app.route(path);
  if (handlers.get !== undefined) expressRoute.get(handlers.get);
  if (handlers.post !== undefined) expressRoute.post(handlers.post);
  if (handlers.put !== undefined) expressRoute.put(handlers.put);
  if (handlers.patch !== undefined) expressRoute.patch(handlers.patch);
  if (handlers.delete !== undefined) expressRoute.delete(handlers.delete);
  expressRoute.all(methodNotAllowed);
}

const methodNotAllowed: RequestHandler = (request, response) => {
  sendProblem(
    response,
    405,
    "method_not_allowed",
    `${request.method} is not supported at this address.`,
  );
};

function answerError(logger: Logger): ErrorRequestHandler {
  return (error: { readonly status?: unknown }, request, response, _next) => {
    if (response.headersSent || response.destroyed) {
      response.destroy();
    } else if (error.status === 413) {
      sendProblem(response, 413, "body_too_large", "The body exceeds 64 KB.");
    } else if (error.status === 415) {
      sendProblem(response, 415, "unsupported_media_type", "Send the body uncompressed.");
    } else if (error instanceof URIError) {
      sendProblem(response, 404, "not_found", "There is nothing at this address.");
    } else {
      logger.error({ err: error, method: request.method }, "request failed");
      sendProblem(response, 500, "internal", "The simulator failed. See its log.");
    }
  };
}
