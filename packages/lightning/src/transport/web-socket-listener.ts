import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { RawData, WebSocket } from "ws";
import { peerPolicy } from "../model/policy.ts";
import type { Connection, ConnectionHandlers, Listener } from "../ports/transport.ts";

const { closeTimeoutMs, maxWebSocketMessageBytes } = peerPolicy;

/** Accepts connections over WebSocket (BOLT 8 in binary messages). `port` 0 lets the system choose one. */
export function listenWebSocket(
  listen: { readonly host: string; readonly port: number },
  accept: (connection: Connection) => void,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({
      host: listen.host,
      port: listen.port,
      maxPayload: maxWebSocketMessageBytes,
      perMessageDeflate: false,
      clientTracking: true,
    });
    server.on("connection", (socket, request) => {
      const { remoteAddress = "?", remotePort = 0 } = request.socket;
      request.socket.setNoDelay(true);
      accept(serverConnection(socket, `${remoteAddress}:${remotePort}`));
    });
    server.once("error", reject);
    server.once("listening", () => {
      server.removeListener("error", reject);
      const { port } = server.address() as AddressInfo;
      const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
      resolve({
        address: `ws://${host}:${port}`,
        close: () =>
          new Promise((closed) => {
            for (const socket of server.clients) socket.terminate();
            server.close(() => closed());
          }),
      });
    });
  });
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function serverConnection(socket: WebSocket, remote: string): Connection {
  socket.pause();
  socket.on("error", () => {});
  let closed = false;
  socket.once("close", () => {
    closed = true;
  });
  let onDrain = (): void => {};
  return {
    remote,
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
  };
}
