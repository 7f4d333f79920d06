import { err, ok } from "@satsconnect/money";
import { peerPolicy } from "../model/policy.ts";
import type { Connection, ConnectionHandlers, Transport } from "../ports/transport.ts";

const { connectTimeoutMs } = peerPolicy;
/** A WebSocket has no drain event: `bufferedAmount` is polled. */
const drainPollMs = 50;

function parseWebSocketAddress(address: string): URL | undefined {
  if (!/^wss?:\/\//u.test(address)) return undefined;
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/**
 * Connects over WebSocket, the only transport available to a browser: a BOLT 8 byte stream in binary messages, whose
 * boundaries carry no meaning. Addresses: `ws://…`, `wss://…`.
 */
export function webSocketTransport(): Transport {
  return {
    supports: (address) => parseWebSocketAddress(address) !== undefined,
    connect(address, signal) {
      const url = parseWebSocketAddress(address);
      if (url === undefined) {
        return Promise.resolve(
          err(
            "address_malformed",
            `“${address.slice(0, 80)}” is not a ws:// or wss:// URL.`,
            "never",
          ),
        );
      }
      return new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.binaryType = "arraybuffer";
        const connection = webSocketConnection(socket, url.host);
        const failed = (reason: string): void => {
          cleanUp();
          socket.close();
          resolve(err("connect_failed", `No connection to ${url.host}: ${reason}.`, "safe"));
        };
        const onClose = (): void => failed("refused");
        const onAbort = (): void => failed("cancelled");
        const onOpen = (): void => {
          cleanUp();
          resolve(ok(connection));
        };
        const timer = setTimeout(() => failed("timed out"), connectTimeoutMs);
        const cleanUp = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          socket.removeEventListener("close", onClose);
          socket.removeEventListener("open", onOpen);
        };
        if (signal.aborted) return onAbort();
        signal.addEventListener("abort", onAbort, { once: true });
        socket.addEventListener("close", onClose);
        socket.addEventListener("open", onOpen);
      });
    },
  };
}

/**
 * A connection over the standard WebSocket API. The API cannot stop reading: while paused, bytes queue here, bounded by
 * how much the node lets a peer send without an answer.
 */
function webSocketConnection(socket: WebSocket, remote: string): Connection {
  let handlers: ConnectionHandlers | undefined;
  let paused = true;
  let closed = false;
  let draining = false;
  const waiting: Uint8Array[] = [];

  function deliver(): void {
    while (!paused && handlers !== undefined && waiting.length > 0) {
      const bytes = waiting.shift();
      if (bytes !== undefined) handlers.onBytes(bytes);
    }
    if (closed && waiting.length === 0 && handlers !== undefined) {
      const { onClose } = handlers;
      handlers = undefined;
      onClose();
    }
  }
  function watchDrain(): void {
    if (draining) return;
    draining = true;
    const poll = (): void => {
      if (!closed && socket.bufferedAmount > 0) {
        setTimeout(poll, drainPollMs);
        return;
      }
      draining = false;
      if (!closed) handlers?.onDrain();
    };
    setTimeout(poll, drainPollMs);
  }

  socket.addEventListener("message", (event) => {
    // Lightning peers send binary messages only
    if (!(event.data instanceof ArrayBuffer)) return socket.close();
    waiting.push(new Uint8Array(event.data));
    deliver();
  });
  socket.addEventListener("close", () => {
    closed = true;
    deliver();
  });

  return {
    remote,
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    start(given) {
      handlers = given;
      paused = false;
      deliver();
    },
    write(bytes) {
      if (closed || socket.readyState !== WebSocket.OPEN) return;
      socket.send(bytes as Uint8Array<ArrayBuffer>);
      if (socket.bufferedAmount > 0) watchDrain();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      deliver();
    },
    close() {
      socket.close();
    },
    // the standard API has no harder way
    abort() {
      socket.close();
    },
  };
}
