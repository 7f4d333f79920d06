import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../logger.ts";
import { httpPolicy } from "../policy.ts";
import type { Health } from "./health.ts";
import { listenHttp } from "./listener.ts";
import type { HttpService } from "./listener.ts";
import type { Metrics } from "./metrics.ts";
import { plain, send } from "./reply.ts";

export type OperatorServerOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly health: () => Promise<Health>;
  readonly metrics: Metrics;
  readonly logger: Logger;
};

/**
 * Serves `/health` and `/metrics` on a port of its own: metrics show the treasury, and health must answer load balancers
 * whatever happens on the public ports.
 */
export function serveOperator(options: OperatorServerOptions): Promise<HttpService> {
  return listenHttp({
    listen: options.listen,
    connections: httpPolicy.operatorConnections,
    isProxy: () => false,
    handle: (request, response) => handle(options, request, response),
    logger: options.logger,
  });
}

async function handle(
  options: OperatorServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path !== "/health" && path !== "/metrics") {
    return send(request, response, plain(404, "Not found"));
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return send(request, response, plain(405, "Use GET"));
  }
  if (path === "/metrics") {
    const body = await options.metrics.text();
    return send(request, response, { status: 200, type: options.metrics.contentType, body });
  }
  const health = await options.health();
  send(request, response, {
    status: health.ready ? 200 : 503,
    type: "application/json",
    body: JSON.stringify(health),
  });
}
