import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { RawData, WebSocket } from "ws";
import { addressRange } from "../model/address-range.ts";
import { Places } from "../model/places.ts";
import type { PlaceHolder } from "../model/places.ts";
import { peerPolicy } from "../model/policy.ts";
import type { Connection, ConnectionHandlers, Listener } from "../ports/transport.ts";
import { clientAddress } from "./client-address.ts";
import type { ProxyCheck } from "./client-address.ts";

const { closeTimeoutMs, maxWebSocketMessageBytes, maxRequestHeaderBytes, requestTimeoutMs } =
  peerPolicy;

export type WebSocketListenOptions = {
  /** Our reverse proxies. Behind one, the client's address is read from `X-Forwarded-For`. Absent: there are none. */
  readonly isProxy?: ProxyCheck;
};

/**
 * Accepts connections over WebSocket (BOLT 8 in binary messages). `port` 0 lets the system choose one. A socket that does
 * not send its request in time is closed.
 */
export function listenWebSocket(
  listen: { readonly host: string; readonly port: number },
  accept: (connection: Connection) => void,
  options: WebSocketListenOptions = {},
): Promise<Listener> {
  const isProxy = options.isProxy ?? (() => false);
  return new Promise((resolve, reject) => {
    const http = createServer(
      {
        headersTimeout: requestTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: maxRequestHeaderBytes,
      },
      (_request, response) => {
        response.writeHead(426, { connection: "close", upgrade: "websocket" });
        response.end();
      },
    );
    boundWaiting(http, isProxy);
    const server = new WebSocketServer({
      server: http,
      maxPayload: maxWebSocketMessageBytes,
      perMessageDeflate: false,
      clientTracking: true,
    });
    server.on("connection", (socket, request) => {
      request.socket.setNoDelay(true);
      accept(serverConnection(socket, request, clientAddress(request, isProxy)));
    });
    server.once("error", reject);
    http.listen(listen.port, listen.host, () => {
      server.removeListener("error", reject);
      const { port } = http.address() as AddressInfo;
      const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
      resolve({
        address: `ws://${host}:${port}`,
        close: () =>
          new Promise((closed) => {
            for (const socket of server.clients) socket.terminate();
            server.close();
            http.close(() => closed());
            http.closeAllConnections();
          }),
      });
    });
  });
}

/** Limits the sockets that have not sent their request. A proxy's are its clients', so they count singly. */
function boundWaiting(http: Server, isProxy: ProxyCheck): void {
  const places = new Places(peerPolicy.requests, () => Date.now());
  const waiting = new WeakMap<object, () => void>();
  http.on("connection", (socket: Socket) => {
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
    const leave = (): void => places.leave(place);
    socket.once("close", leave);
    waiting.set(socket, leave);
  });
  http.on("upgrade", (request: IncomingMessage) => waiting.get(request.socket)?.());
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function serverConnection(
  socket: WebSocket,
  request: IncomingMessage,
  remoteAddress: string | undefined,
): Connection {
  socket.pause();
  socket.on("error", () => {});
  let closed = false;
  socket.once("close", () => {
    closed = true;
  });
  let onDrain = (): void => {};
  return {
    remote: `${remoteAddress ?? "?"}:${request.socket.remotePort ?? 0}`,
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    start(handlers: ConnectionHandlers) {
      if (closed) return queueMicrotask(handlers.onClose);
      onDrain = handlers.onDrain;
      socket.on("message", (data, isBinary) => {
        if (isBinary) handlers.onBytes(bytesOf(data));
        else socket.close(1003);
      });
      socket.once("close", handlers.onClose);
      socket.resume();
    },
    write(bytes) {
      if (closed) return;
      socket.send(bytes, () => {
        if (!closed && socket.bufferedAmount === 0) onDrain();
      });
    },
    pause() {
      if (!closed) socket.pause();
    },
    resume() {
      if (!closed) socket.resume();
    },
    close() {
      socket.close();
      setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
    },
    abort() {
      socket.terminate();
    },
  };
}
