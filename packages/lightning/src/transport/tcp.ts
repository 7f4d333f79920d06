import { connect as connectSocket, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { err, ok } from "@satsconnect/money";
import { peerPolicy } from "../model/policy.ts";
import type { Connection, ConnectionHandlers, Listener, Transport } from "../ports/transport.ts";

const { connectTimeoutMs, closeTimeoutMs } = peerPolicy;

/** Parses `host:port` and `tcp://host:port`, IPv6 in brackets. Undefined for anything else. */
export function parseTcpAddress(
  address: string,
): { readonly host: string; readonly port: number } | undefined {
  const bare = address.startsWith("tcp://") ? address.slice("tcp://".length) : address;
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/iu.exec(bare);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Connects over TCP (BOLT 8). Addresses: `host:port`, `tcp://host:port`. */
export function tcpTransport(): Transport {
  return {
    supports: (address) => parseTcpAddress(address) !== undefined,
    connect(address, signal) {
      const target = parseTcpAddress(address);
      if (target === undefined) {
        return Promise.resolve(
          err("address_malformed", `“${address.slice(0, 80)}” is not host:port.`, "never"),
        );
      }
      return new Promise((resolve) => {
        const socket = connectSocket({ ...target, noDelay: true, keepAlive: true });
        const failed = (reason: string): void => {
          cleanUp();
          socket.destroy();
          resolve(err("connect_failed", `No connection to ${address}: ${reason}.`, "safe"));
        };
        const onError = (error: Error): void => failed(error.message);
        const onAbort = (): void => failed("cancelled");
        const timer = setTimeout(() => failed("timed out"), connectTimeoutMs);
        const cleanUp = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          socket.removeListener("error", onError);
        };
        if (signal.aborted) return onAbort();
        signal.addEventListener("abort", onAbort, { once: true });
        socket.once("error", onError);
        socket.once("connect", () => {
          cleanUp();
          resolve(ok(socketConnection(socket)));
        });
      });
    },
  };
}

/** Accepts connections over TCP. `port` 0 lets the system choose one. */
export function listenTcp(
  listen: { readonly host: string; readonly port: number },
  accept: (connection: Connection) => void,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const sockets = new Set<Socket>();
    const server = createServer(
      { noDelay: true, keepAlive: true, pauseOnConnect: true },
      (socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        accept(socketConnection(socket, socket.remoteAddress));
      },
    );
    server.once("error", reject);
    server.listen(listen.port, listen.host, () => {
      server.removeListener("error", reject);
      const { port } = server.address() as AddressInfo;
      const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
      resolve({
        address: `tcp://${host}:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
}

function socketConnection(socket: Socket, remoteAddress?: string): Connection {
  socket.pause();
  // `close` follows every error; without a listener an error would end the process
  socket.on("error", () => {});
  let closed = socket.destroyed;
  socket.once("close", () => {
    closed = true;
  });
  return {
    remote: `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`,
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    get bufferedBytes() {
      return socket.writableLength;
    },
    start(handlers: ConnectionHandlers) {
      if (closed) return queueMicrotask(handlers.onClose);
      socket.on("data", handlers.onBytes);
      socket.on("drain", handlers.onDrain);
      socket.once("close", handlers.onClose);
      socket.resume();
    },
    write(bytes) {
      if (!closed && !socket.writableEnded) socket.write(bytes);
    },
    pause() {
      socket.pause();
    },
    resume() {
      if (!closed) socket.resume();
    },
    close() {
      if (closed) return;
      socket.end();
      setTimeout(() => socket.destroy(), closeTimeoutMs).unref();
    },
    abort() {
      socket.destroy();
    },
  };
}
