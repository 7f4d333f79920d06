import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Express } from "express";
import { Places, addressRange } from "@satsconnect/lightning";
import type { PlaceHolder } from "@satsconnect/lightning";
import type { ProxyCheck } from "@satsconnect/lightning/nodejs";
import { httpPolicy } from "../policy.ts";

export type Listening = {
  readonly url: string;
  /** Accepts nothing new, finishes what is in progress, and cuts it after two seconds. */
  readonly close: () => Promise<void>;
};

/**
 * Serves the app until closed. Slow headers and bodies, stalled connections and too many connections are closed; a flood
 * from few address ranges displaces only its own connections.
 */
export async function listen(
  app: Express,
  address: { readonly host: string; readonly port: number },
  isProxy: ProxyCheck,
): Promise<Listening> {
  const places = new Places(httpPolicy.connections, () => Date.now());
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
      app(request, response);
    },
  );
  server.setTimeout(httpPolicy.stalledTimeoutMs);
  server.on("connection", (socket: Socket) => {
    const remote = socket.remoteAddress;
    const place: PlaceHolder = {
      range: remote === undefined || isProxy(remote) ? undefined : addressRange(remote),
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
    server.listen(address.port, address.host, resolve);
  });
  const { address: host, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${host}]` : host}:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), httpPolicy.stopTimeoutMs).unref();
      }),
  };
}
