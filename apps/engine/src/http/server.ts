import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerEsplora } from "../esplora/api.ts";
import type { EsploraTools } from "../esplora/api.ts";
import type { Logger } from "../logger.ts";

export type Health = {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, "ok" | "unavailable">>;
};

export type HttpOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly esplora: EsploraTools;
  readonly health: () => Promise<Health>;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly logger: Logger;
};

const largestBody = 4 * 1024 * 1024;
const prefix = "/esplora/";

/** Serves the Esplora API, `/health` and `/metrics`. Resolves once it listens, with its port. */
export async function serveHttp(
  options: HttpOptions,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void handle(options, request, response).catch((error: unknown) => {
      options.logger.error(
        { error: error instanceof Error ? error.message : "?" },
        "request failed",
      );
      if (!response.headersSent) send(response, 500, "text/plain", "Internal error");
      else response.destroy();
    });
  });
  server.requestTimeout = 30_000;
  await listening(server, options.listen);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listening(
  server: Server,
  listen: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, () => {
      resolve();
    });
  });
}

async function handle(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? "/", "http://local").pathname;
  if (path === "/health") {
    const health = await options.health();
    const body = JSON.stringify({ status: health.ready ? "ok" : "unavailable", ...health });
    return send(response, health.ready ? 200 : 503, "application/json", body);
  }
  if (path === "/metrics") {
    return send(response, 200, "text/plain; version=0.0.4", await options.metrics());
  }
  // A wallet in a browser reads the chain from another origin; nothing here is private to anybody.
  response.setHeader("access-control-allow-origin", "*");
  if (request.method === "OPTIONS") {
    response.setHeader("access-control-allow-methods", "GET, POST");
    response.setHeader("access-control-allow-headers", "content-type");
    return send(response, 204, "text/plain", "");
  }
  if (!path.startsWith(prefix)) return send(response, 404, "text/plain", "Not found");
  const body = await readBody(request);
  if (body === null) return send(response, 413, "text/plain", "Too large");
  const answer = await answerEsplora(
    options.esplora,
    request.method ?? "GET",
    path.slice(prefix.length),
    body,
  );
  response.setHeader(
    "cache-control",
    answer.immutable === true && answer.status === 200 ? "public, max-age=157784630" : "no-store",
  );
  switch (answer.type) {
    case "json":
      return send(response, answer.status, "application/json", JSON.stringify(answer.body));
    case "text":
      return send(response, answer.status, "text/plain", String(answer.body));
    case "bytes":
      return send(response, answer.status, "application/octet-stream", answer.body as Buffer);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > largestBody) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.statusCode = status;
  response.setHeader("content-type", type);
  response.setHeader("x-content-type-options", "nosniff");
  response.end(body);
}
