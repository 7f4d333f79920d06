import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Logger } from "pino";
import { problem } from "./responses.ts";
import type { HttpRequest, Reply } from "./responses.ts";

const longestBody = 64 * 1024;

export type Listening = {
  /** `http://127.0.0.1:8080`, with the port that was really taken. */
  readonly url: string;
  /** Ends open streams and waits for the rest. */
  readonly close: () => Promise<void>;
};

/** Serves requests until closed. A handler that throws is a bug: 500, and the log says what. */
export function listen(
  address: { readonly host: string; readonly port: number },
  handle: (request: HttpRequest) => Reply | Promise<Reply>,
  logger: Logger,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    void answer(request, response, handle, logger);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () => {
      server.off("error", reject);
      resolve({ url: urlOf(server), close: () => close(server, sockets) });
    });
  });
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  handle: (request: HttpRequest) => Reply | Promise<Reply>,
  logger: Logger,
): Promise<void> {
  let reply: Reply;
  try {
    const body = await readBody(incoming);
    reply =
      body === null
        ? problem(413, "body_too_large", "The request is larger than 64 KB.")
        : await handle(toRequest(incoming, body));
  } catch (error) {
    logger.error({ err: error, method: incoming.method }, "a request failed by a bug");
    reply = problem(500, "internal", "The simulator made a mistake. Its log says which.");
  }
  write(response, reply, incoming.method === "HEAD");
}

function write(response: ServerResponse, reply: Reply, headOnly: boolean): void {
  if (response.destroyed) return;
  switch (reply.type) {
    case "content":
      response.writeHead(reply.status, {
        ...reply.headers,
        "content-length": Buffer.byteLength(reply.body),
      });
      response.end(headOnly ? undefined : reply.body);
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "silence": {
      const timer = setTimeout(() => response.destroy(), reply.forMs);
      response.on("close", () => clearTimeout(timer));
      return;
    }
    case "stream":
      reply.start(response);
  }
}

function toRequest(incoming: IncomingMessage, body: string): HttpRequest {
  const url = new URL(incoming.url ?? "/", "http://local.invalid");
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
    params: {},
  };
}

/** @returns null when there is more than the limit; the rest is read and thrown away, so that the answer arrives. */
function readBody(incoming: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= longestBody) chunks.push(chunk);
      if (length > 16 * longestBody) incoming.destroy();
    });
    incoming.on("end", () =>
      resolve(length > longestBody ? null : Buffer.concat(chunks).toString("utf8")),
    );
    incoming.on("error", reject);
  });
}

function urlOf(server: Server): string {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("Not listening on TCP");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, 200).unref();
  });
}
