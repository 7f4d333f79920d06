import { CallFailed } from "../port/link.ts";
import type { Served } from "../port/link.ts";
import type { PortValue } from "../port/value.ts";

const connectMs = 15_000;
const drainLookMs = 50;

/**
 * A WebSocket for a home: answers once it is open; bytes in both directions on the call's stream. What is written is
 * reported as taken when the network has it.
 */
export async function serveSocket(
  ports: {
    readonly webSocket: (url: string) => WebSocket;
    readonly mayReach: (url: string) => boolean;
  },
  url: string,
  served: Served,
): Promise<PortValue> {
  if (!ports.mayReach(url)) throw new CallFailed("url_refused", "Not for the home.");
  const socket = ports.webSocket(url);
  socket.binaryType = "arraybuffer";
  let written = 0;
  let looking = false;
  let isOver = false;

  const stream = served.stream({
    onBytes: (bytes) => {
      if (socket.readyState !== 1) return;
      socket.send(bytes as Uint8Array<ArrayBuffer>);
      written += bytes.length;
      drain();
    },
    onEnd: () => {
      isOver = true;
      socket.close();
    },
  });

  function drain(): void {
    // not every phone's socket says what it holds
    const held = typeof socket.bufferedAmount === "number" ? socket.bufferedAmount : 0;
    const gone = written - Math.min(held, written);
    if (gone > 0) {
      written -= gone;
      stream.taken(gone);
    }
    if (written === 0 || looking || isOver) return;
    looking = true;
    setTimeout(() => {
      looking = false;
      drain();
    }, drainLookMs);
  }

  socket.addEventListener("message", (event: MessageEvent) => {
    // text is no part of the protocol: whoever sends it is not a Lightning node
    if (event.data instanceof ArrayBuffer) stream.write(new Uint8Array(event.data));
    else stream.end("text");
  });
  served.signal.addEventListener("abort", () => stream.end("aborted"), { once: true });
  await new Promise<void>((resolve, reject) => {
    const failed = (): void => {
      clearTimeout(timer);
      stream.end("closed");
      reject(new CallFailed("network", "No connection."));
    };
    const timer = setTimeout(failed, connectMs);
    socket.addEventListener("close", failed);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return null;
}
