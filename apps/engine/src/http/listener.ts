import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { addressRange, Places } from "@satsconnect/lightning";
import type { PlaceHolder, PlaceLimits } from "@satsconnect/lightning";
import type { ProxyCheck } from "@satsconnect/lightning/nodejs";
import type { Logger } from "../logger.ts";
import { httpPolicy } from "../policy.ts";
import { plain, send } from "./reply.ts";

export type HttpService = { readonly port: number; readonly close: () => Promise<void> };

export type HttpListenerOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly connections: PlaceLimits;
  /** Our reverse proxies: their connections are their clients', so they count singly. */
  readonly isProxy: ProxyCheck;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly logger: Logger;
};

/**
 * An HTTP server on a port of its own, for callers that nobody vouches for: slow headers and bodies, connections without
 * progress and too many connections are closed. Resolves with its port once it listens.
 */
export async function listenHttp(options: HttpListenerOptions): Promise<HttpService> {
  const { handle, logger, isProxy } = options;
  const places = new Places(options.connections, () => Date.now());
  const placeOf = new WeakMap<Socket, PlaceHolder>();
  const server = createServer(
    {
      headersTimeout: httpPolicy.headersTimeoutMs,
      requestTimeout: httpPolicy.requestTimeoutMs,
      connectionsCheckingInterval: httpPolicy.checkIntervalMs,
      keepAliveTimeout: httpPolicy.keepAliveTimeoutMs,
      maxHeaderSize: httpPolicy.maxHeaderBytes,
    },
    (request, response) => {
      const place = placeOf.get(request.socket);
      if (place !== undefined) place.since = Date.now();
      handle(request, response).catch((error: unknown) => {
        // The client hung up, or was too slow: nobody is there to answer.
        if (request.socket.destroyed) return;
        logger.error({ error: error instanceof Error ? error.message : "?" }, "request failed");
        if (response.headersSent) response.destroy();
        else send(request, response, plain(500, "Internal error"));
      });
    },
  );
  // Closes a connection on which nothing has moved for so long, such as one whose client does not read its answer.
  server.setTimeout(httpPolicy.stalledTimeoutMs);
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress;
    const place: PlaceHolder = {
      range: address === undefined || isProxy(address) ? undefined : addressRange(address),
      known: false,
      since: Date.now(),
      drop: () => socket.destroy(),
    };
    if (!places.admit(place)) {
      socket.destroy();
      return;
    }
    placeOf.set(socket, place);
    socket.once("close", () => places.leave(place));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.listen.port, options.listen.host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
