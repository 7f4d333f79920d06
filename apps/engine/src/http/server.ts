import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerEsplora } from "../esplora/routes.ts";
import type { EsploraContext } from "../esplora/routes.ts";
import type { Logger } from "../logger.ts";
import type { Health } from "./health.ts";
import type { Metrics } from "./metrics.ts";

export type HttpOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly esplora: EsploraContext;
  readonly health: () => Promise<Health>;
  readonly metrics: Metrics;
  readonly logger: Logger;
};

export type HttpService = { readonly port: number; readonly close: () => Promise<void> };

/**
 * In bytes. Bitcoin Core relays transactions of at most 400,000 weight units (800,000 hex digits) and packages of at
 * most 404,000.
 */
const maxBodyLength = 4_000_000;
/** Each request makes a few calls to Bitcoin Core, whose RPC work queue is limited in length. */
const maxConcurrentRequests = 64;
const prefix = "/esplora/";
/** Five years. */
const immutableMaxAgeSeconds = 157_784_630;

/** Serves the Esplora API, `/health` and `/metrics`. Resolves once the server listens. */
export async function serveHttp(options: HttpOptions): Promise<HttpService> {
  let active = 0;
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => {
      if (active >= maxConcurrentRequests) {
        response.setHeader("retry-after", "1");
        send(request, response, {
          status: 503,
          type: "text/plain",
          body: "Too many requests at a time. Try again.",
        });
        return;
      }
      active += 1;
      handle(options, request, response)
        .catch((error: unknown) => {
          options.logger.error(
            { error: error instanceof Error ? error.message : "?" },
            "request failed",
          );
          if (response.headersSent) response.destroy();
          else send(request, response, { status: 500, type: "text/plain", body: "Internal error" });
        })
        .finally(() => {
          active -= 1;
        });
    },
  );
  await listening(server, options.listen);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, listen: HttpOptions["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, () => resolve());
  });
}

type Reply = {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly cacheControl?: string;
};

async function handle(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? "GET";
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  if (path === "/health" || path === "/metrics") {
    if (method !== "GET" && method !== "HEAD") {
      return send(request, response, { status: 405, type: "text/plain", body: "Use GET" });
    }
    if (path === "/metrics") {
      const body = await options.metrics.text();
      const type = options.metrics.contentType;
      return send(request, response, { status: 200, type, body });
    }
    const health = await options.health();
    const body = JSON.stringify(health);
    return send(request, response, {
      status: health.ready ? 200 : 503,
      type: "application/json",
      body,
    });
  }
  // Browser wallets read the chain from another origin. All of this data is public.
  response.setHeader("access-control-allow-origin", "*");
  if (method === "OPTIONS") {
    response.setHeader("access-control-allow-methods", "GET, HEAD, POST");
    response.setHeader("access-control-allow-headers", "content-type, if-none-match");
    response.setHeader("access-control-max-age", "86400");
    return send(request, response, { status: 204, type: "text/plain", body: "" });
  }
  if (!path.startsWith(prefix)) {
    return send(request, response, { status: 404, type: "text/plain", body: "Not found" });
  }
  const body = await readBody(request);
  if (body === null) {
    // The rest of the body has not been read, so the connection cannot be reused.
    response.setHeader("connection", "close");
    return send(request, response, {
      status: 413,
      type: "text/plain",
      body: "Request body too large",
    });
  }
  const { immutable, ...answer } = await answerEsplora(
    options.esplora,
    method,
    path.slice(prefix.length),
    body,
  );
  // Answers that may change are revalidated by ETag each time.
  const cacheControl =
    immutable && answer.status === 200
      ? `public, max-age=${String(immutableMaxAgeSeconds)}, immutable`
      : method === "POST" || answer.status !== 200
        ? "no-store"
        : "no-cache";
  send(request, response, { ...answer, cacheControl });
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > maxBodyLength) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  response.statusCode = reply.status;
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("cache-control", reply.cacheControl ?? "no-store");
  const cacheable =
    reply.status === 200 && reply.cacheControl !== undefined && reply.cacheControl !== "no-store";
  if (cacheable) {
    const digest = createHash("sha256").update(reply.body).digest("base64url").slice(0, 22);
    const tag = `"${digest}"`;
    response.setHeader("etag", tag);
    if (request.headers["if-none-match"]?.split(/\s*,\s*/u).includes(tag) === true) {
      response.statusCode = 304;
      response.end();
      return;
    }
  }
  response.setHeader("content-type", reply.type);
  response.end(reply.body);
}
